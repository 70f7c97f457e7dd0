#include "admin/notify.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>

namespace nodeportd::notify {

// Failures are ignored: a manager that cannot be told will find out by itself.
void ready(const std::string& status) {
  (void)::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
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
