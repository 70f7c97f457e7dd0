#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "match/rule_set.hpp"
#include "model/alert.hpp"

namespace nodeportd {

struct ReplayOptions {
  std::size_t workers = 1;
  std::uint64_t batch_bytes = 256 * 1024;
  std::string cluster;
  std::string node;
  AggregateConfig aggregate;
  std::uint64_t outbox_max = StateConfig().max_size;
};

// What was read, and what of it.
struct Replayed {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t alerts = 0;
  std::uint64_t uninspectable = 0;
  std::string complaint;  // that nothing of it is an audit log; empty: something is
};

// Runs the daemon's own engine over files that are complete, in the given order, as read_files()
// takes them. Then `take` gets the final alert of each window, as if nothing had been said before,
// ordered by window start, rule id and group. `progress` hears of the bytes that were read. An
// error is of kind full where the figures could not be kept; then `take` gets none.
[[nodiscard]] Result<Replayed> replay_files(const std::vector<std::string>& files,
                                            const RuleSet& rules, const ReplayOptions& options,
                                            const std::function<void(std::uint64_t)>& progress,
                                            const std::function<void(const Alert&)>& take);

}  // namespace nodeportd
