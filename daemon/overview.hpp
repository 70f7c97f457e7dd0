#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/probes.hpp"
#include "daemon/status_report.hpp"
#include "model/alert.hpp"
#include "state/store.hpp"

namespace nodeportd {

// What the page at the admin address shows: how it is now, and what the last day brought.
struct Overview {
  // A write of a Service that alerts told of, once for all of them.
  struct Write {
    Exposure exposure;
    WallTime time{};
    bool is_time_exact = false;  // else it is that of the alert's last event
    Level level = Level::medium;
    std::vector<std::string> rules;
    std::string alert_id;
  };

  StatusReport status;
  std::vector<ProbeCheck> troubles;  // why not everything is seen or told just now
  std::uint64_t open_services = 0;
  std::vector<Write> writes;  // the newest first
  std::vector<Alert> open;    // alerts whose window is not closed, the newest first
  std::vector<Alert> blind_spots;
  std::uint64_t unlisted = 0;  // events of alerts that had more of them than are kept
  bool is_cut = false;         // there was more than is shown
};

// Takes the alerts apart.
void add_alerts(Overview& overview, const RecentAlerts& recent);

// One JSON object, bounded, in which every text that a stranger wrote is cut and printable.
[[nodiscard]] std::string to_json(const Overview& overview);

}  // namespace nodeportd
