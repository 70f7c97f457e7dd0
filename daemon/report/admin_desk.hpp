#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "admin/server.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "daemon/engine/ledger.hpp"
#include "daemon/engine/pulse_watch.hpp"
#include "daemon/report/admin_routes.hpp"
#include "daemon/report/lookout.hpp"
#include "daemon/report/metrics.hpp"
#include "daemon/report/page_desk.hpp"
#include "daemon/report/probes.hpp"
#include "daemon/report/status_report.hpp"

namespace nodeportd {

// Where the running daemon is asked how it does: the status socket, the port for probes and for
// Prometheus, and the service manager's watchdog. Lives on the thread that runs `io`.
class AdminDesk {
 public:
  // All of it is asked when somebody asks us, and outlives the desk.
  struct Parts {
    const Config& config;
    const Clock& clock;
    Log log;
    Store& store;
    std::vector<WatchedThread> threads;
    std::function<StatusReport()> status;
    std::function<MetricsReport()> metrics;
    std::function<Lookout::Sight()> sight;
    std::function<LedgerStatus()> ledger;
    std::function<std::uint64_t()> dealt;  // batches that were handed on
    std::function<std::size_t()> rules;
    std::function<AdminAnswer()> reload;
    std::function<void()> deliver;  // looks into the outbox, where another program has written
  };
  AdminDesk(boost::asio::io_context& io, Parts parts);

  // Fails only if another daemon answers on the socket, or if something that is not ours is at its
  // place, kind config: else alerts matter more than being asked.
  [[nodiscard]] Result<void> open();
  // From here on the service manager hears of us, if it wants to.
  void start_watchdog();
  // Lets the grace of what is wrong begin, also while nobody asks.
  void look();

 private:
  [[nodiscard]] AdminAnswer healthy();
  [[nodiscard]] AdminAnswer ready();
  [[nodiscard]] std::vector<ProbeCheck> checks_now() const;
  [[nodiscard]] std::vector<ProbeCheck> checks();
  void tick();
  void tell_stuck(const std::vector<ProbeCheck>& checks);

  boost::asio::io_context& io_;
  Parts parts_;
  AdminRoutes routes_;
  AdminRoutes orders_;  // what is told us on the socket alone
  PageDesk page_;
  PulseWatch pulses_;
  FlowWatch flow_;
  Grace grace_;
  std::optional<std::chrono::milliseconds> watchdog_;  // the period within which we must be heard
  bool is_stuck_ = false;
  boost::asio::steady_timer timer_;
  std::unique_ptr<AdminServer> socket_;
  std::unique_ptr<AdminServer> port_;
};

}  // namespace nodeportd
