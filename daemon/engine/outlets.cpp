#include "daemon/engine/outlets.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/thread_name.hpp"

namespace nodeportd {
namespace {

// For a sink that failed before, once the daemon is to stop.
constexpr std::chrono::seconds kLastTry{1};

}  // namespace

Outlets::Outlets(std::vector<Outlet> outlets) : outlets_(std::move(outlets)) {
  for (const Outlet& outlet : outlets_) routes_.push_back(outlet.route);
}

std::vector<std::string> Outlets::names() const {
  std::vector<std::string> names;
  for (const Outlet& outlet : outlets_) names.push_back(outlet.route.sink);
  return names;
}

std::vector<std::string> Outlets::route(const Alert& alert) const {
  return nodeportd::route(alert, routes_);
}

void Outlets::start() {
  for (Outlet& outlet : outlets_) {
    threads_.emplace_back([&outlet](const std::stop_token& stop) {
      name_thread(("sink " + outlet.route.sink.substr(0, 10)).c_str());
      outlet.courier->run(stop);
    });
  }
}

void Outlets::stop(MonoTime deadline, const Clock& clock) {
  if (threads_.empty()) return;
  for (Outlet& outlet : outlets_) outlet.courier->drain_until(deadline);
  for (std::jthread& thread : threads_) thread.request_stop();
  // A delivery that hangs in a receiver must not outlive the deadline. One that failed before has a
  // moment: what waits for it waits on disk.
  std::mutex mutex;
  std::condition_variable_any joined;
  bool all_joined = false;
  const std::jthread watchdog([&](const std::stop_token&) {
    std::unique_lock lock(mutex);
    const auto left = [&] { return std::max(deadline - clock.mono(), MonoTime::duration::zero()); };
    const auto is_over = [&] { return all_joined; };
    if (joined.wait_for(lock, std::min<MonoTime::duration>(left(), kLastTry), is_over)) return;
    for (Outlet& outlet : outlets_) {
      if (!outlet.courier->status().alive) outlet.courier->abandon();
    }
    if (joined.wait_for(lock, left(), is_over)) return;
    for (Outlet& outlet : outlets_) outlet.courier->abandon();
  });
  threads_.clear();
  const std::lock_guard lock(mutex);
  all_joined = true;
  joined.notify_all();
}

void Outlets::wake(const std::vector<Outgoing>& outgoing) {
  for (Outlet& outlet : outlets_) {
    const bool concerned = std::any_of(outgoing.begin(), outgoing.end(), [&](const Outgoing& each) {
      return std::find(each.sinks.begin(), each.sinks.end(), outlet.route.sink) != each.sinks.end();
    });
    if (concerned) outlet.courier->waker().wake();
  }
}

void Outlets::wake_all() {
  for (Outlet& outlet : outlets_) outlet.courier->waker().wake();
}

void Outlets::offer_undurable(const std::vector<Outgoing>& outgoing) {
  for (const Outgoing& each : outgoing) {
    for (Outlet& outlet : outlets_) {
      if (std::find(each.sinks.begin(), each.sinks.end(), outlet.route.sink) != each.sinks.end()) {
        outlet.courier->offer_undurable(each.alert);
      }
    }
  }
}

std::map<std::string, std::vector<std::string>> Outlets::hold_undurable() {
  std::map<std::string, std::vector<std::string>> sinks;
  for (Outlet& outlet : outlets_) {
    for (const std::string& key : outlet.courier->hold_undurable()) {
      sinks[key].push_back(outlet.route.sink);
    }
  }
  return sinks;
}

void Outlets::release_undurable(const std::set<std::string>& taken_over) {
  for (Outlet& outlet : outlets_) outlet.courier->release_undurable(taken_over);
}

std::uint64_t Outlets::undurable_waiting() const {
  std::uint64_t waiting = 0;
  for (const Outlet& outlet : outlets_) waiting += outlet.courier->status().undurable_waiting;
  return waiting;
}

std::vector<std::pair<std::string, std::size_t>> Outlets::give_up_undurable() {
  std::vector<std::pair<std::string, std::size_t>> given_up;
  for (Outlet& outlet : outlets_) {
    const std::size_t alerts = outlet.courier->give_up_undurable();
    if (alerts > 0) given_up.emplace_back(outlet.route.sink, alerts);
  }
  return given_up;
}

void Outlets::reopen() {
  for (Outlet& outlet : outlets_) outlet.courier->request_reopen();
}

std::vector<CourierStatus> Outlets::status() const {
  std::vector<CourierStatus> status;
  for (const Outlet& outlet : outlets_) status.push_back(outlet.courier->status());
  return status;
}

std::vector<WatchedThread> Outlets::threads() {
  std::vector<WatchedThread> threads;
  for (Outlet& outlet : outlets_) {
    threads.push_back(
        {"sink " + outlet.route.sink, &outlet.courier->pulse(), &outlet.courier->waker()});
  }
  return threads;
}

bool Outlets::is_alive(const std::string& name) const {
  return std::any_of(outlets_.begin(), outlets_.end(), [&](const Outlet& outlet) {
    return outlet.route.sink == name && outlet.courier->status().alive;
  });
}

bool Outlets::is_any_alive() const {
  return std::any_of(outlets_.begin(), outlets_.end(),
                     [](const Outlet& outlet) { return outlet.courier->status().alive; });
}

}  // namespace nodeportd
