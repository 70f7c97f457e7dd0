#include <fmt/format.h>

#include "admin/client.hpp"
#include "config/load.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/status_report.hpp"
#include "daemon/verbs.hpp"

namespace nodeportd {

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
  const Result<std::string> json = ask_daemon(socket, "/status");
  if (!json) return complain(json.error());
  if (command.format == OutputFormat::json) {
    fmt::print("{}", *json);
    return kExitWell;
  }
  if (const Result<void> printed = print_status(*json, stdout); !printed) {
    fmt::print(stderr, "nodeportd: {}: {}\n", socket, printed.error().text);
    return kExitFailed;
  }
  return kExitWell;
}

}  // namespace nodeportd
