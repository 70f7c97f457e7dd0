#pragma once

#include <string>

#include "base/result.hpp"

namespace nodeportd {

// Asks the daemon behind a Unix socket for `path` and returns the body of its answer. No daemon
// there is an error of kind closed. Waits at most 5 seconds.
[[nodiscard]] Result<std::string> ask_daemon(const std::string& socket, const std::string& path);

struct DaemonAnswer {
  unsigned status = 0;  // of HTTP
  std::string body;
};
// The same, whatever it answers.
[[nodiscard]] Result<DaemonAnswer> probe_daemon(const std::string& socket, const std::string& path);
// Tells it to do something, and waits for at most a minute until it has.
[[nodiscard]] Result<DaemonAnswer> order_daemon(const std::string& socket, const std::string& path);

}  // namespace nodeportd
