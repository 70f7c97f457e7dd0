#include "admin/notify.hpp"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <algorithm>
#include <cstdint>

namespace nodeportd::notify {

// Failures are ignored: a manager that cannot be told will find out by itself.
void ready(const std::string& status) {
  (void)::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void reloading() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  // sd_notify(3): without the time a manager cannot tell this READY=1 from an earlier one.
  const long long micros = now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
  (void)::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros)).c_str());
}

void stopping(const std::string& status) {
  (void)::sd_notify(0, ("STOPPING=1\nSTATUS=" + status).c_str());
}

void alive() {
  (void)::sd_notify(0, "WATCHDOG=1");
}

std::optional<std::chrono::milliseconds> watchdog() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  const auto period =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::microseconds(microseconds));
  return std::max(period, std::chrono::milliseconds{16});
}

}  // namespace nodeportd::notify
