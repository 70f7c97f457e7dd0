#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "daemon/engine/ledger.hpp"
#include "daemon/report/probes.hpp"
#include "sink/courier.hpp"
#include "source/source.hpp"

namespace nodeportd {

// What `nodeportd status` shows.
struct StatusReport {
  struct Sink {
    CourierStatus courier;
    std::uint64_t pending = 0;  // alerts in its outbox
    std::uint64_t pending_bytes = 0;
    std::optional<WallTime> oldest_pending;  // when it was put there
  };

  std::string cluster;
  std::string node;
  std::string epoch;
  WallTime started{};
  WallTime now{};
  MonoTime mono{};  // the same moment
  std::vector<StreamStatus> streams;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t decoded = 0;
  std::uint64_t matches = 0;
  std::uint64_t uninspectable = 0;
  struct Rule {
    std::string id;
    std::string name;
    std::string level;
    std::uint64_t alerts = 0;  // first revisions, since the start
  };
  WallTime rules_loaded{};                 // at the start, or by a reload
  std::optional<WallTime> reload_refused;  // if the last one was
  std::string reload_problem;              // the first of them
  std::vector<Rule> rules;
  std::map<std::string, std::uint64_t> suppressed;  // matches, by exception, since the start
  LedgerStatus ledger;
  std::vector<Sink> sinks;
  std::vector<ProbeCheck> troubles;  // what does not hold now
};

// One JSON object on a line, as the daemon answers GET /status.
[[nodiscard]] std::string to_json(const StatusReport& report);

// Prints that JSON for a person. Text that is not such a report is an error.
[[nodiscard]] Result<void> print_status(const std::string& json, std::FILE* to);

}  // namespace nodeportd
