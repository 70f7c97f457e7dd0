#pragma once

#include <chrono>

namespace nodeportd {

using Micros = std::chrono::microseconds;
// A point in civil time, UTC, with the microseconds that kube-apiserver writes.
using WallTime = std::chrono::sys_time<Micros>;
// A point on a clock that never jumps: for timeouts and cadence alone.
using MonoTime = std::chrono::steady_clock::time_point;

// The only way to ask what time it is. Pure code takes `now` as an argument instead; a Clock is
// given only to code that waits. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual MonoTime mono() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override;
  [[nodiscard]] MonoTime mono() const override;
};

}  // namespace nodeportd
