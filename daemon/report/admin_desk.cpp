#include "daemon/report/admin_desk.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "admin/notify.hpp"
#include "base/units.hpp"

namespace nodeportd {
namespace {

using std::chrono::milliseconds;

// Whoever probes more often wakes nobody more often.
constexpr milliseconds kProbeRest{1'000};

}  // namespace

AdminDesk::AdminDesk(boost::asio::io_context& io, Parts parts)
    : io_(io),
      parts_(std::move(parts)),
      page_({parts_.config, parts_.clock, parts_.store, parts_.metrics,
             [this] { return checks_now(); }}),
      pulses_(parts_.threads),
      grace_(parts_.config.admin_grace),
      timer_(io) {
  routes_.add("/status", [this] {
    MetricsReport report = parts_.metrics();
    report.status.troubles = page_.troubles(report);
    return AdminAnswer{.body = to_json(report.status)};
  });
  routes_.add("/metrics", [this] {
    return AdminAnswer{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                       .body = to_prometheus(parts_.metrics())};
  });
  routes_.add("/healthz", [this] { return healthy(); });
  routes_.add("/readyz", [this] { return ready(); });
  page_.add_to(routes_);
  orders_.add("/reload", [this] { return parts_.reload(); });
  orders_.add("/deliver", [this] {
    parts_.deliver();
    return AdminAnswer{.body = "{\"delivering\":true}\n"};
  });
}

Result<void> AdminDesk::open() {
  const auto answer = [this](std::string_view target) { return routes_.answer(target); };
  const Config& config = parts_.config;
  const auto order = [this](std::string_view target) { return orders_.answer(target); };
  Result<std::unique_ptr<AdminServer>> socket =
      AdminServer::open(io_, config.admin_socket, answer, order);
  if (socket) {
    socket_ = std::move(*socket);
  } else if (socket.error().kind == ErrorKind::closed) {
    return fail(socket.error());
  } else if (socket.error().kind == ErrorKind::config) {
    return fail(ErrorKind::config, "admin.socket: " + socket.error().text);
  } else {
    // A missing /run folder must not stop alerts.
    parts_.log.warning("`nodeportd status` will not work: {}", socket.error().text);
  }
  if (config.admin_address.empty()) return {};
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(config.admin_address, no_address);
  const auto reach =
      address.is_loopback() ? AdminRoutes::Reach::machine : AdminRoutes::Reach::network;
  Result<std::unique_ptr<AdminServer>> port = AdminServer::listen(
      io_, config.admin_address, config.admin_port,
      [this, reach](std::string_view target) { return routes_.answer(target, reach); });
  if (port) {
    port_ = std::move(*port);
  } else {
    parts_.log.warning("metrics and probes are not to be had over TCP: {}", port.error().text);
  }
  return {};
}

AdminAnswer AdminDesk::healthy() {
  const MonoTime now = parts_.clock.mono();
  const auto stuck = pulses_.look(now, kProbeRest);
  const std::vector<ProbeCheck> checks = health_checks(
      stuck, flow_.look(parts_.dealt(), parts_.ledger(), now), parts_.config.admin_grace, now);
  return {.status = holds(checks) ? 200U : 503U, .body = to_json("healthy", checks)};
}

std::vector<ProbeCheck> AdminDesk::checks_now() const {
  return readiness_checks(parts_.sight(), parts_.ledger(), parts_.rules());
}

std::vector<ProbeCheck> AdminDesk::checks() {
  return grace_.settle(checks_now(), parts_.clock.mono());
}

AdminAnswer AdminDesk::ready() {
  const std::vector<ProbeCheck> checks = this->checks();
  return {.status = holds(checks) ? 200U : 503U, .body = to_json("ready", checks)};
}

void AdminDesk::look() {
  (void)checks();
}

void AdminDesk::start_watchdog() {
  watchdog_ = notify::watchdog();
  if (watchdog_) tick();
}

// Before the manager ends us: afterwards nobody knows what it was.
void AdminDesk::tell_stuck(const std::vector<ProbeCheck>& checks) {
  const bool is_told = std::exchange(is_stuck_, !checks.empty());
  if (is_told || checks.empty()) return;
  for (const ProbeCheck& check : checks) {
    parts_.log.error("{} {}: the service manager's watchdog is not fed", check.check, check.reason);
  }
}

// Threads are asked every half of the period, so that those that sleep are hardly woken, and have
// most of a period to answer.
void AdminDesk::tick() {
  const MonoTime now = parts_.clock.mono();
  const auto stuck = pulses_.look(now, *watchdog_ / 2);
  const auto stands_since = flow_.look(parts_.dealt(), parts_.ledger(), now);
  const bool is_well = stuck.empty() && (!stands_since || now - *stands_since < *watchdog_ / 2);
  if (is_well) notify::alive();
  tell_stuck(health_checks(stuck, stands_since, *watchdog_ / 2, now));
  timer_.expires_after(*watchdog_ / (is_well ? 4 : 16));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

}  // namespace nodeportd
