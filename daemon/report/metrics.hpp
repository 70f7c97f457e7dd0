#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/engine/ledger_tally.hpp"
#include "daemon/report/status_report.hpp"
#include "decode/reject.hpp"

namespace nodeportd {

// What /metrics shows: what every part has counted, as of one moment.
struct MetricsReport {
  StatusReport status;
  LedgerTally::Figures ledger;
  std::array<std::uint64_t, kRejects> rejects{};
  struct Source {
    std::uint64_t rotations = 0;
    std::uint64_t truncations = 0;
    std::uint64_t files_lost = 0;
    std::uint64_t files_open = 0;
    std::uint64_t overflows = 0;
    std::uint64_t unwatched = 0;
  } source;
  std::uint64_t rules = 0;
  std::uint64_t batches = 0;
  std::uint64_t batches_in_use = 0;
  std::uint64_t outbox_bytes = 0;
  std::uint64_t outbox_bytes_max = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t open_services = 0;
  std::vector<std::pair<std::string, std::uint64_t>> troubles;  // how many last now, by name
  MonoTime now{};
};

// In Prometheus' text format. Of more than 100 logs the rest is one, `other`.
[[nodiscard]] std::string to_prometheus(const MetricsReport& report);

}  // namespace nodeportd
