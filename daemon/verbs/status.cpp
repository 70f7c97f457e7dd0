#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "admin/client.hpp"
#include "config/load.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/report/status_report.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"

namespace nodeportd {
namespace {

int print_once(const std::string& socket, OutputFormat format) {
  const Result<std::string> json = ask_daemon(socket, "/status");
  if (!json) return complain(json.error());
  if (format == OutputFormat::json) {
    fmt::print("{}", *json);
    return kExitWell;
  }
  if (const Result<void> printed = print_status(*json, stdout); !printed) {
    fmt::print(stderr, "nodeportd: {}: {}\n", socket, printed.error().text);
    return kExitFailed;
  }
  return kExitWell;
}

// For who can start a program and cannot speak HTTP to a socket, as a kubelet.
int print_probe(const std::string& socket, const std::string& probe) {
  const Result<DaemonAnswer> answer = probe_daemon(socket, "/" + probe);
  if (!answer) return complain(answer.error());
  fmt::print("{}", answer->body);
  return answer->status == 200 ? kExitWell : kExitFailed;
}

// Until somebody ends it, nobody reads any more or it cannot be shown. A daemon that is just being
// restarted is waited for.
int watch(const std::string& socket, const StatusCommand& command) {
  const bool clears = command.format == OutputFormat::table && ::isatty(STDOUT_FILENO) == 1;
  for (;;) {
    if (clears) fmt::print("\x1b[H\x1b[2J");
    (void)print_once(socket, command.format);
    if (const int code = end_output(kExitWell); code != kExitWell) return code;
    pollfd reader{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    if (::poll(&reader, 1, static_cast<int>(command.watch * 1'000)) > 0) return kExitWell;
  }
}

}  // namespace

int status(const StatusCommand& command) {
  std::string socket = command.socket;
  if (socket.empty()) {
    const LoadedConfig loaded = load_config(command.config);
    if (!loaded.problems.empty()) {
      print_problems(loaded.problems);
      return kExitConfig;
    }
    socket = loaded.config.admin_socket;
  }
  if (!command.probe.empty()) return print_probe(socket, command.probe);
  if (command.watch > 0) return watch(socket, command);
  return print_once(socket, command.format);
}

}  // namespace nodeportd
