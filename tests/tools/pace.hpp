#pragma once

#include <poll.h>

#include <chrono>
#include <ctime>

#include "base/clock.hpp"

namespace nodeportd::test {

// For a writer that keeps a rate: returns when the moment `due` has come, to some 50 us.
inline void wait_until(const Clock& clock, MonoTime due) {
  const auto left =
      std::chrono::duration_cast<std::chrono::nanoseconds>(due - clock.mono()).count();
  if (left <= 0) return;
  const timespec timeout{.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
  (void)::ppoll(nullptr, 0, &timeout, nullptr);
}

}  // namespace nodeportd::test
