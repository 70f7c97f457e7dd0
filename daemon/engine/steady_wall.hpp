#pragma once

#include <chrono>
#include <optional>

#include "base/clock.hpp"

namespace nodeportd {

// The wall clock for whoever destroys what is old by it: a jump ahead is believed only when it has
// stood for an hour of the monotonic clock, which does not jump. Until then time goes on from where
// it was. A jump back is believed at once: it destroys nothing.
class SteadyWall {
 public:
  [[nodiscard]] WallTime at(WallTime wall, MonoTime now) {
    if (!believed_) believed_ = {wall, now};
    const WallTime expected =
        believed_->wall + std::chrono::duration_cast<Micros>(now - believed_->mono);
    if (wall > expected + kJump) {
      if (!ahead_since_) ahead_since_ = now;
      if (now - *ahead_since_ < kDoubted) return expected;
    }
    ahead_since_.reset();
    believed_ = {wall, now};
    return wall;
  }

 private:
  struct Look {
    WallTime wall;
    MonoTime mono;
  };
  // Clocks are steered by less between two looks.
  static constexpr std::chrono::minutes kJump{1};
  static constexpr std::chrono::hours kDoubted{1};

  std::optional<Look> believed_;
  std::optional<MonoTime> ahead_since_;
};

}  // namespace nodeportd
