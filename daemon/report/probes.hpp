#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "daemon/engine/ledger.hpp"
#include "daemon/engine/pulse_watch.hpp"
#include "daemon/report/lookout.hpp"

namespace nodeportd {

// One thing that must hold, of the daemon or of one of its logs.
struct ProbeCheck {
  std::string check;
  std::string path;    // of a log; empty for what is not of one
  std::string reason;  // why it does not hold; empty: it does
};

// What the daemon needs to see and to remember.
[[nodiscard]] std::vector<ProbeCheck> readiness_checks(const Lookout::Sight& sight,
                                                       const LedgerStatus& ledger,
                                                       std::size_t rules);

// Batches are on their way and none arrives, whoever says that it goes round.
class FlowWatch {
 public:
  // Since when it has been seen to be so: of what was between two looks nothing is known.
  [[nodiscard]] std::optional<MonoTime> look(std::uint64_t dealt, const LedgerStatus& ledger,
                                             MonoTime now);

 private:
  std::uint64_t booked_ = 0;
  std::optional<MonoTime> stands_since_;
};

[[nodiscard]] std::vector<ProbeCheck> health_checks(const std::vector<PulseWatch::Stuck>& stuck,
                                                    std::optional<MonoTime> flow_stands_since,
                                                    std::chrono::milliseconds grace, MonoTime now);

// Lets a check fail for a while before it counts: a rotation or a busy disk is no reason to act.
class Grace {
 public:
  explicit Grace(std::chrono::milliseconds length) : length_(length) {}
  // The checks as they count; those that fail and do not count yet hold.
  [[nodiscard]] std::vector<ProbeCheck> settle(std::vector<ProbeCheck> checks, MonoTime now);

 private:
  std::chrono::milliseconds length_;
  std::map<std::pair<std::string, std::string>, MonoTime> failing_since_;
};

// `{"ready":false,"reasons":[{"check":"source","path":…,"ok":false,"reason":…}, …]}`; `word` is
// what holds when every check does.
[[nodiscard]] std::string to_json(const char* word, const std::vector<ProbeCheck>& checks);
[[nodiscard]] bool holds(const std::vector<ProbeCheck>& checks);

}  // namespace nodeportd
