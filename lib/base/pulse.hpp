#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace nodeportd {

// Shows that a thread still goes round: somebody asks and wakes it, and it answers when it begins
// its next turn. A thread that is not asked does nothing for it, so it may sleep.
class Pulse {
 public:
  // The thread, at each turn.
  void answer() {
    answered_.store(asked_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    excused_until_.store(kNever, std::memory_order_relaxed);
  }
  // The thread, before what may take so long without being stuck: a receiver's time limit.
  void excuse_until(MonoTime time) {
    excused_until_.store(time.time_since_epoch().count(), std::memory_order_relaxed);
  }

  // Whoever watches, one thread. Wake the other after it.
  void ask() { asked_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] bool is_answered(MonoTime now) const {
    return answered_.load(std::memory_order_relaxed) == asked_.load(std::memory_order_relaxed) ||
           now.time_since_epoch().count() < excused_until_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr MonoTime::rep kNever = MonoTime::min().time_since_epoch().count();

  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<MonoTime::rep> excused_until_{kNever};
};

}  // namespace nodeportd
