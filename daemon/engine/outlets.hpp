#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "daemon/engine/pulse_watch.hpp"
#include "model/changes.hpp"
#include "sink/courier.hpp"
#include "sink/route.hpp"

namespace nodeportd {

// All sinks, each with its courier and its thread.
class Outlets {
 public:
  struct Outlet {
    Route route;
    std::unique_ptr<Courier> courier;
  };
  explicit Outlets(std::vector<Outlet> outlets);

  [[nodiscard]] std::vector<std::string> names() const;
  // The sinks that are to get `alert`.
  [[nodiscard]] std::vector<std::string> route(const Alert& alert) const;

  void start();
  // Lets every courier carry what waits until `deadline`, then ends them; nothing where they
  // have ended.
  void stop(MonoTime deadline, const Clock& clock);

  // Any thread.
  void wake(const std::vector<Outgoing>& outgoing);
  void wake_all();
  void offer_undurable(const std::vector<Outgoing>& outgoing);
  // Before and after a commit that takes over what undurable alerts wait for sinks: those, and the
  // ones that it took over. In between none of them is sent.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> hold_undurable();  // by key: sinks
  void release_undurable(const std::set<std::string>& taken_over);
  // Undurable alerts that a sink has not taken yet.
  [[nodiscard]] std::uint64_t undurable_waiting() const;
  // Those that wait for sinks which take nothing are dropped: how many, by sink.
  [[nodiscard]] std::vector<std::pair<std::string, std::size_t>> give_up_undurable();
  void reopen();
  [[nodiscard]] std::vector<CourierStatus> status() const;
  // To be watched.
  [[nodiscard]] std::vector<WatchedThread> threads();
  // The sink takes alerts at the moment; a sink that is not here does not.
  [[nodiscard]] bool is_alive(const std::string& name) const;
  [[nodiscard]] bool is_any_alive() const;

 private:
  std::vector<Outlet> outlets_;
  std::vector<Route> routes_;  // theirs
  std::vector<std::jthread> threads_;
};

}  // namespace nodeportd
