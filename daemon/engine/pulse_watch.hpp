#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/pulse.hpp"
#include "base/waker.hpp"

namespace nodeportd {

struct WatchedThread {
  std::string name;
  Pulse* pulse;
  Waker* waker;
};

// Knows which threads go round. It asks only when it is looked at, and not again before `rest` is
// over, so that threads that have nothing to do may sleep; who looks once a minute knows as of
// then. One thread.
class PulseWatch {
 public:
  struct Stuck {
    std::string thread;
    MonoTime since;  // when it was asked
  };

  // What is watched outlives the watch.
  explicit PulseWatch(std::vector<WatchedThread> threads) {
    for (WatchedThread& thread : threads) watched_.push_back({std::move(thread), {}});
  }

  // The threads that have not answered yet.
  // Asks those that have, and whose last answer is older than `rest`.
  [[nodiscard]] std::vector<Stuck> look(MonoTime now, std::chrono::milliseconds rest) {
    std::vector<Stuck> stuck;
    for (Watched& each : watched_) {
      if (each.asked && !each.thread.pulse->is_answered(now)) {
        stuck.push_back({each.thread.name, *each.asked});
      } else if (!each.asked || now - *each.asked >= rest) {
        each.asked = now;
        each.thread.pulse->ask();
        each.thread.waker->wake();
      }
    }
    return stuck;
  }

 private:
  struct Watched {
    WatchedThread thread;
    std::optional<MonoTime> asked;
  };
  std::vector<Watched> watched_;
};

}  // namespace nodeportd
