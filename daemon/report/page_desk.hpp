#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "daemon/report/admin_routes.hpp"
#include "daemon/report/metrics.hpp"
#include "daemon/report/overview.hpp"
#include "daemon/report/probes.hpp"
#include "state/store.hpp"

namespace nodeportd {

// The page for people, `/`, and what it shows, `/overview`. It tells what the logs say, so it is
// for this machine alone.
class PageDesk {
 public:
  // All of it outlives the desk.
  struct Parts {
    const Config& config;
    const Clock& clock;
    Store& store;
    std::function<MetricsReport()> metrics;
    std::function<std::vector<ProbeCheck>()> checks;
  };
  explicit PageDesk(Parts parts) : parts_(std::move(parts)) {}

  void add_to(AdminRoutes& routes);

  // What does not hold now, of what the daemon needs, sees and delivers.
  [[nodiscard]] std::vector<ProbeCheck> troubles(const MetricsReport& report);

 private:
  [[nodiscard]] AdminAnswer overview();
  [[nodiscard]] Overview look();
  // What the audit policy hides; reads the file once a minute at most.
  [[nodiscard]] const std::string& blindness_now();

  Parts parts_;
  std::string body_;
  std::optional<MonoTime> made_;
  std::string blindness_;
  std::string policy_;
  std::optional<MonoTime> policy_read_;
};

}  // namespace nodeportd
