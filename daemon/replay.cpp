#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "base/time_text.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/outlets.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/progress.hpp"
#include "daemon/setup.hpp"
#include "daemon/splunk_search.hpp"
#include "daemon/table.hpp"
#include "daemon/verbs.hpp"
#include "sink/format.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

constexpr std::uint64_t kMaxLine = 16ULL << 20U;

int fail_with(const Error& error) {
  fmt::print(stderr, "nodeportd: {}\n", error.text);
  return error.kind == ErrorKind::not_found ? kExitUsage : kExitFailed;
}

// A window as replay prints it: final figures alone, as if nothing had been said before.
Alert final_of(const Window& window) {
  Alert alert = window.alert;
  alert.revision = 1;
  alert.phase = Phase::final;
  alert.closed_early = false;
  return alert;
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

Result<std::uint64_t> print_windows(Store& store, OutputFormat format) {
  std::uint64_t rows = 0;
  Table table({"WINDOW", "COUNT", "LEVEL", "RULE", "USER", "SRC IP", "GROUP"});
  const Result<void> read = store.for_each_window([&](const Window& window) {
    ++rows;
    const Alert alert = final_of(window);
    if (format == OutputFormat::json) {
      fmt::print("{}\n", to_json(alert));
    } else {
      table.add(row_of(alert));
    }
  });
  if (!read) return fail(read.error());
  if (format == OutputFormat::table && rows > 0) table.print(stdout);
  return rows;
}

Setup load(const ReplayCommand& command) {
  Setup setup;
  if (!command.config.empty()) setup = load_setup(command.config);
  if (!command.rules.empty() || command.config.empty()) {
    setup.rules = load_rules(command.rules, setup.problems);
  }
  return setup;
}

int replay_engine(const ReplayCommand& command, const Setup& setup) {
  Result<std::unique_ptr<Store>> store = Store::open_temporary();
  if (!store) return fail_with(store.error());
  const SystemClock clock;
  Outlets nobody({});
  const AggregateConfig& aggregate = setup.config.aggregate;
  Pipeline pipeline({command.workers, command.workers + 15, command.batch_bytes},
                    {.rules = *setup.rules,
                     .origin = {command.cluster, command.node, (*store)->epoch()},
                     .aggregate = {aggregate.lateness, aggregate.idle_after, aggregate.update_every,
                                   aggregate.max_keys},
                     .exceptions = exception_names(*setup.rules),
                     .time = Ledger::Time::replayed,
                     .store = **store,
                     .outlets = nobody,
                     .outbox_max = setup.config.state.max_size,
                     .clock = clock,
                     .log = Log::none(),
                     .beats = {},
                     .beat_facts = {}});
  pipeline.start();
  Progress progress(command.files, clock);
  const Result<void> read =
      read_files(command.files, {command.batch_bytes, kMaxLine}, pipeline.feed(),
                 [&](std::uint64_t bytes) { progress.show(bytes); });
  pipeline.finish();
  progress.clear();
  if (!read) return fail_with(read.error());
  if (!pipeline.ledger().status().durable) {
    return fail_with({ErrorKind::full,
                      "the figures could not be kept: is the folder for temporary "
                      "files full? Nothing is printed, for it would not be all"});
  }
  const Result<std::uint64_t> rows = print_windows(**store, command.format);
  if (!rows) return fail_with(rows.error());
  const WorkerCounters& counters = pipeline.counters();
  progress.summarize(counters.records.get(), counters.bytes.get(), *rows,
                     counters.uninspectable.get());
  return kExitWell;
}

}  // namespace

int replay(const ReplayCommand& command) {
  const Setup setup = load(command);
  if (!setup.problems.empty()) {
    print_problems(setup.problems);
    return kExitConfig;
  }
  return command.splunk ? replay_splunk(command, *setup.rules) : replay_engine(command, setup);
}

}  // namespace nodeportd
