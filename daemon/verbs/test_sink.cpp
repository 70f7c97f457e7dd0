#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aggregate/notice_alert.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/run/sinks.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"

namespace nodeportd {
namespace {

const SinkConfig* find_sink(const Config& config, const std::string& name) {
  const auto found = std::find_if(config.sinks.begin(), config.sinks.end(),
                                  [&](const SinkConfig& sink) { return sink.name == name; });
  return found == config.sinks.end() ? nullptr : &*found;
}

int complain_of_unknown(const Config& config, const TestSinkCommand& command) {
  std::vector<std::string_view> names;
  for (const SinkConfig& sink : config.sinks) names.emplace_back(sink.name);
  fmt::print(stderr, "nodeportd: {} has no sink '{}'; it has: {}\n", command.config,
             printable(command.sink), fmt::join(names, ", "));
  return kExitUsage;
}

}  // namespace

int test_sink(const TestSinkCommand& command) {
  const LoadedConfig loaded = load_config(command.config);
  if (!loaded.problems.empty()) {
    print_problems(loaded.problems);
    return kExitConfig;
  }
  const SinkConfig* config = find_sink(loaded.config, command.sink);
  if (config == nullptr) return complain_of_unknown(loaded.config, command);
  const SystemClock clock;
  Result<std::unique_ptr<Sink>> sink = make_sink(loaded.config, *config, clock);
  if (!sink) return complain(sink.error());
  const Origin origin{loaded.config.cluster, loaded.config.node, "test"};
  std::array<Alert, 1> alerts = {
      notice_alert(origin, {"test", "test alert from `nodeportd test-sink`: nothing happened", {}},
                   clock.wall())};
  alerts[0].test = true;
  const auto ready = (*sink)->recover("");
  if (!ready) {
    fmt::print(stderr, "nodeportd: sink {}: {}\n", command.sink, ready.error().text);
    return kExitFailed;
  }
  const std::vector<Outcome> outcomes = (*sink)->deliver(alerts);
  if (outcomes.at(0).kind != Outcome::Kind::delivered) {
    fmt::print(stderr, "nodeportd: sink {} did not take the test alert: {}\n", command.sink,
               printable(outcomes[0].why));
    return kExitFailed;
  }
  fmt::print("sink {} took the test alert {}\n", command.sink, alerts[0].id);
  return kExitWell;
}

}  // namespace nodeportd
