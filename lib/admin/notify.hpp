#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace nodeportd::notify {

// Tell the service manager, as sd_notify(3) does. Nothing happens when there is none.
void ready(const std::string& status);
// Until the next ready().
void reloading();
void stopping(const std::string& status);
// We are not stuck.
void alive();
// The time within which it wants to hear alive() each time, or it ends us; nullopt: it does not.
[[nodiscard]] std::optional<std::chrono::milliseconds> watchdog();

}  // namespace nodeportd::notify
