#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/table.hpp"
#include "daemon/verbs.hpp"
#include "daemon/verbs/progress.hpp"
#include "daemon/verbs/replay_engine.hpp"
#include "daemon/verbs/splunk_search.hpp"
#include "decode/audit_decoder.hpp"
#include "model/rule.hpp"
#include "sink/format.hpp"

namespace nodeportd {
namespace {

// Rows come all at once: stdio alone would make a system call for every other of them.
constexpr std::size_t kOutputBytes = 65'536;

// What happened, where the alert is about a service write; else the group.
std::string words_of(const Alert& alert) {
  if (!alert.exposures.empty()) {
    const std::size_t more = alert.exposures.size() - 1;
    return to_words(alert.exposures.front()) +
           (more > 0 ? fmt::format(" (and {} more)", more) : "");
  }
  std::vector<std::string> group;
  for (const auto& [name, value] : alert.group) {
    if (value) group.push_back(name + '=' + *value);
  }
  return fmt::format("{}", fmt::join(group, " "));
}

// How many lines it tells of that are of the text format.
std::uint64_t legacy_lines(const Alert& alert) {
  const bool is_legacy = alert.rule_id == builtin::line_uninspectable().id &&
                         std::any_of(alert.group.begin(), alert.group.end(), [](const auto& field) {
                           return field.second == to_text(Reject::legacy_format);
                         });
  return is_legacy ? alert.count : 0;
}

void put(std::string& text) {
  fmt::print("{}", text);
  text.clear();
}

std::vector<std::string> row_of(const Alert& alert) {
  return {format_time(alert.window_start),
          std::to_string(alert.count),
          std::string(to_text(alert.level)),
          alert.rule_name,
          alert.user.value_or("-"),
          alert.src_ip.value_or("-"),
          words_of(alert)};
}

int print_alerts(const ReplayCommand& command, const Setup& setup) {
  const SystemClock clock;
  Progress progress(command.files, clock);
  Table table({"WINDOW", "COUNT", "LEVEL", "RULE", "USER", "SRC IP", "WHAT"});
  std::string lines;
  std::uint64_t legacy = 0;
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
        legacy += legacy_lines(alert);
        if (command.format == OutputFormat::json) {
          lines.append(to_json(alert)).push_back('\n');
          if (lines.size() >= kOutputBytes) put(lines);
        } else {
          table.add(row_of(alert));
        }
      });
  progress.clear();
  put(lines);
  if (!replayed) return complain(replayed.error(), kExitUsage);
  if (!table.empty()) table.print(stdout);
  progress.summarize(replayed->records, replayed->bytes, replayed->alerts, replayed->uninspectable);
  if (replayed->alerts == 0 && !replayed->complaint.empty()) {
    return complain({ErrorKind::malformed, replayed->complaint});
  }
  if (legacy == 0) return kExitWell;
  fmt::print(stderr,
             "nodeportd: {} of kube-apiserver's legacy text format, which holds no bodies, so that "
             "nothing can be told by it: run kube-apiserver with --audit-log-format=json\n",
             counted(legacy, "line"));
  return kExitFailed;
}

}  // namespace

int replay(const ReplayCommand& command) {
  const Setup setup = load_setup_of(command.config, command.rules);
  if (!setup.problems.empty()) {
    print_problems(setup.problems);
    return kExitConfig;
  }
  return command.splunk ? replay_splunk(command, *setup.rules) : print_alerts(command, setup);
}

}  // namespace nodeportd
