#include "base/clock.hpp"

namespace nodeportd {

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

MonoTime SystemClock::mono() const {
  return std::chrono::steady_clock::now();
}

}  // namespace nodeportd
