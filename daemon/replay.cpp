#include <fmt/format.h>

#include "base/time_text.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/progress.hpp"
#include "daemon/replay_engine.hpp"
#include "daemon/setup.hpp"
#include "daemon/splunk_search.hpp"
#include "daemon/table.hpp"
#include "daemon/verbs.hpp"
#include "sink/format.hpp"

namespace nodeportd {
namespace {

int fail_with(const Error& error) {
  fmt::print(stderr, "nodeportd: {}\n", error.text);
  return error.kind == ErrorKind::not_found ? kExitUsage : kExitFailed;
}

std::vector<std::string> row_of(const Alert& alert) {
  std::string group;
  for (const auto& [name, value] : alert.group) {
    if (value) group += (group.empty() ? "" : " ") + name + "=" + *value;
  }
  return {format_time(alert.window_start),
          std::to_string(alert.count),
          std::string(to_text(alert.level)),
          alert.rule_name,
          alert.user.value_or("-"),
          alert.src_ip.value_or("-"),
          group};
}

Setup load(const ReplayCommand& command) {
  Setup setup;
  if (!command.config.empty()) setup = load_setup(command.config);
  if (!command.rules.empty() || command.config.empty()) {
    setup.rules = load_rules(command.rules, setup.problems);
  }
  return setup;
}

int print_alerts(const ReplayCommand& command, const Setup& setup) {
  const SystemClock clock;
  Progress progress(command.files, clock);
  Table table({"WINDOW", "COUNT", "LEVEL", "RULE", "USER", "SRC IP", "GROUP"});
  const ReplayOptions options{.workers = command.workers,
                              .batch_bytes = command.batch_bytes,
                              .cluster = command.cluster,
                              .node = command.node,
                              .aggregate = setup.config.aggregate,
                              .outbox_max = setup.config.state.max_size};
  const Result<Replayed> replayed = replay_files(
      command.files, *setup.rules, options, [&](std::uint64_t bytes) { progress.show(bytes); },
      [&](const Alert& alert) {
        progress.clear();
        if (command.format == OutputFormat::json) {
          fmt::print("{}\n", to_json(alert));
        } else {
          table.add(row_of(alert));
        }
      });
  progress.clear();
  if (!replayed) return fail_with(replayed.error());
  if (!table.empty()) table.print(stdout);
  progress.summarize(replayed->records, replayed->bytes, replayed->alerts, replayed->uninspectable);
  return kExitWell;
}

}  // namespace

int replay(const ReplayCommand& command) {
  const Setup setup = load(command);
  if (!setup.problems.empty()) {
    print_problems(setup.problems);
    return kExitConfig;
  }
  return command.splunk ? replay_splunk(command, *setup.rules) : print_alerts(command, setup);
}

}  // namespace nodeportd
