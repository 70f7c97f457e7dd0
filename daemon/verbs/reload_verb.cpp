#include <fmt/format.h>

#include <span>

#include "admin/client.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"
#include "decode/audit_decoder.hpp"

namespace nodeportd {
namespace {

std::vector<std::string> list_of(const Value& answer, std::string_view key) {
  std::vector<std::string> texts;
  const Value* list = answer.find(key);
  if (list == nullptr || list->kind != Value::Kind::array) return texts;
  for (const Value& each : std::span(list->items, list->size)) {
    if (each.is_scalar()) texts.push_back(printable(each.text));
  }
  return texts;
}

std::string told_by(const Value& answer, std::string_view key) {
  const Value* value = answer.find(key);
  return value != nullptr && value->is_scalar() ? printable(value->text) : "?";
}

int print(const Value& answer) {
  const std::vector<std::string> problems = list_of(answer, "problems");
  for (const std::string& problem : problems) fmt::print(stderr, "{}\n", problem);
  if (problems.empty()) {
    fmt::print("reloaded: rules {}, exceptions {}\n", told_by(answer, "rules"),
               told_by(answer, "exceptions"));
  } else {
    fmt::print(stderr, "nothing is changed\n");
  }
  for (const std::string& each : list_of(answer, "restart_needed")) {
    fmt::print(stderr, "restart needed: {}\n", each);
  }
  return problems.empty() ? kExitWell : kExitConfig;
}

}  // namespace

int reload(const ReloadCommand& command) {
  // A config that is broken may still name the socket, and the daemon is to tell of it.
  const LoadedConfig loaded = command.socket.empty() ? load_config(command.config) : LoadedConfig{};
  const std::string& socket = command.socket.empty() ? loaded.config.admin_socket : command.socket;
  const Result<DaemonAnswer> answer = order_daemon(socket, "/reload");
  if (!answer) {
    // One that is too broken to name it is why the wrong one was asked.
    print_problems(loaded.problems);
    return complain(answer.error());
  }
  AuditDecoder decoder;  // reads any JSON object
  const Result<AuditEvent, Reject> read = decoder.decode(answer->body);
  const bool is_answer = answer->status == 200 || answer->status == 422;
  if (!is_answer || !read) {
    fmt::print(stderr, "nodeportd: {}: HTTP {}: this daemon knows no reload\n", socket,
               answer->status);
    return kExitFailed;
  }
  if (command.format == OutputFormat::json) {
    fmt::print("{}", answer->body);
    return answer->status == 200 ? kExitWell : kExitConfig;
  }
  return print(read->root);
}

}  // namespace nodeportd
