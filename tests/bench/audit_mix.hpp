#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "bench/line_template.hpp"
#include "bench/service_writes.hpp"

namespace nodeportd::test {

// The audit log of a cluster at work, as far as its bytes matter to whoever reads it: lengths,
// verbs, resources, callers, escapes, and how many writes of Services are among it. All of it is a
// function of the plan. Faster than a disk writes.
class AuditMix {
 public:
  enum class Mood : std::uint8_t { usual, hostile };
  struct Plan {
    std::uint64_t seed = 1;
    Mood mood = Mood::usual;  // hostile: a third of the lines cannot be dropped unparsed
    std::uint64_t service_writes_per_million = 30'000;  // lines
    ServiceWrites::Options service_writes = {};
    std::size_t big_line = 500'000;  // bytes of one in kBigEvery lines; 0: none
    WallTime start{};
    Micros step{2'000};  // from event to event
  };
  static constexpr std::uint64_t kBigEvery = 10'000;

  explicit AuditMix(const Plan& plan);
  AuditMix(const AuditMix&) = delete;
  AuditMix& operator=(const AuditMix&) = delete;

  // Appends the next line, with its newline. What it is about, if it must be found.
  std::optional<TrueEvent> append_next(std::string& out);

 private:
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] const LineTemplate& pick(const std::vector<LineTemplate>& lines) {
    return lines[below(lines.size())];
  }
  void append_everyday(const std::vector<LineTemplate>& lines, std::string& out,
                       const std::string& received, const std::string& stage_time);

  Plan plan_;
  std::mt19937_64 random_;
  ServiceWrites service_writes_;
  std::vector<LineTemplate> typical_;
  std::vector<LineTemplate> hostile_;
  std::vector<LineTemplate> decoys_;
  std::vector<LineTemplate> big_;  // one, or none
  std::uint64_t lines_ = 0;
};

}  // namespace nodeportd::test
