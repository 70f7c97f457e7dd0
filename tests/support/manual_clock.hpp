#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace nodeportd::test {

// Time stands still until the test moves it. Safe from any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start) : wall_(start.time_since_epoch().count()) {}

  [[nodiscard]] WallTime wall() const override { return WallTime(Micros(wall_.load())); }
  [[nodiscard]] MonoTime mono() const override {
    return MonoTime(std::chrono::nanoseconds(mono_.load()));
  }
  void advance(std::chrono::milliseconds step) {
    wall_ += std::chrono::duration_cast<Micros>(step).count();
    mono_ += std::chrono::duration_cast<std::chrono::nanoseconds>(step).count();
  }

 private:
  std::atomic<Micros::rep> wall_;
  std::atomic<std::chrono::nanoseconds::rep> mono_{0};
};

}  // namespace nodeportd::test
