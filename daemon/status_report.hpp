#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "daemon/ledger.hpp"
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
  std::vector<StreamStatus> streams;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t decoded = 0;
  std::uint64_t matches = 0;
  std::uint64_t uninspectable = 0;
  LedgerStatus ledger;
  std::vector<Sink> sinks;
};

// One JSON object, as the daemon answers GET /status.
[[nodiscard]] std::string to_json(const StatusReport& report);

// Prints that JSON for a person. Text that is not such a report is an error.
[[nodiscard]] Result<void> print_status(const std::string& json, std::FILE* to);

}  // namespace nodeportd
