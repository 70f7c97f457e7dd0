#include "admin/notify.hpp"

#include <systemd/sd-daemon.h>

namespace nodeportd::notify {

// Failures are ignored: a manager that cannot be told will find out by itself.
void ready(const std::string& status) {
  (void)::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void stopping(const std::string& status) {
  (void)::sd_notify(0, ("STOPPING=1\nSTATUS=" + status).c_str());
}

}  // namespace nodeportd::notify
