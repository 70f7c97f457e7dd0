#include "config/load.hpp"

#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "support/config_text.hpp"

using namespace nodeportd;
using nodeportd::test::load_text;
using nodeportd::test::problems_of;

namespace {

// Two lines that every config needs; what a test is about follows from line 3.
const std::string kLeast =
    "sources: [{audit_log: /a.log}]\n"
    "sinks: [{name: s, type: file, path: /s}]\n";

}  // namespace

TEST_CASE("what is not written has its default") {
  const LoadedConfig loaded = load_text(kLeast);
  REQUIRE(loaded.problems.empty());
  const Config& config = loaded.config;
  std::array<char, 256> host{};
  REQUIRE(::gethostname(host.data(), host.size() - 1) == 0);
  CHECK(config.cluster.empty());
  CHECK(config.node == host.data());
  CHECK(config.rules == std::vector<std::string>{"/etc/nodeportd/rules"});
  CHECK(config.exceptions.is_null());
  REQUIRE(config.sources.size() == 1);
  CHECK(config.sources[0].audit_log == "/a.log");
  CHECK(config.sources[0].start_at == SourceConfig::Start::back);
  CHECK(config.sources[0].start_back == std::chrono::hours(1));
  CHECK(config.sources[0].max_line == 16'777'216);
  CHECK(config.pipeline == PipelineConfig{});
  CHECK(config.aggregate == AggregateConfig{});
  CHECK(config.state == StateConfig{});
  CHECK(config.audit_policy.empty());
  CHECK(config.admin_socket == "/run/nodeportd/admin.sock");
  CHECK(config.admin_address.empty());
  CHECK(config.admin_grace == std::chrono::seconds(30));
  CHECK(config.log_level == LogLevel::info);
  CHECK(config.confine == Confine::all);
}

TEST_CASE("what is written is read, every key of it") {
  const LoadedConfig loaded = load_text(
      "cluster: prod\n"
      "node: '007'\n"
      "sources:\n"
      "  - {audit_log: /var/log/audit*.log, start_at: end, max_line: 64KiB}\n"
      "  - {audit_log: /b, start_at: beginning}\n"
      "  - {audit_log: /c, start_at: 2d}\n"
      "rules: [/abs/rules, rel/rule.yml, ../up]\n"
      "exceptions: [{name: x}]\n"
      "pipeline: {workers: 8, batch_size: 1MiB, batches: 32, memory_limit: 256MiB, reconcile: 1s,\n"
      "           stop_timeout: 5s}\n"
      "aggregate: {lateness: 0, idle_after: 1s, update_every: 0, max_keys: 10, max_bytes: 1MiB}\n"
      "lookout: {missing_after: 2s, silence_after: 0, unread_max: 1MiB, unread_after: 3s,\n"
      "          failing_after: 4s, silenced: [source.silent, clock.jumped]}\n"
      "state: {directory: /s, durability: power_loss, max_size: 16MiB, history: 1d}\n"
      "sinks: [{name: s, type: file, path: /s}]\n"
      "audit_policy: /p.yaml\n"
      "admin: {socket: /a.sock, listen: '[::1]:9464', grace: 5s}\n"
      "log: {level: debug}\n"
      "confine: system_calls\n");
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(loaded.problems.empty());
  const Config& config = loaded.config;
  CHECK(config.cluster == "prod");
  CHECK(config.node == "007");
  REQUIRE(config.sources.size() == 3);
  CHECK(config.sources[0].audit_log == "/var/log/audit*.log");
  CHECK(config.sources[0].start_at == SourceConfig::Start::end);
  CHECK(config.sources[0].max_line == 65'536);
  CHECK(config.sources[1].start_at == SourceConfig::Start::beginning);
  CHECK(config.sources[2].start_at == SourceConfig::Start::back);
  CHECK(config.sources[2].start_back == std::chrono::hours(48));
  CHECK(config.exceptions.items.at(0).find("name")->scalar == "x");
  CHECK(config.pipeline == PipelineConfig{8, 1U << 20U, 32, 256U << 20U, std::chrono::seconds(1),
                                          std::chrono::seconds(5)});
  CHECK(config.aggregate == AggregateConfig{std::chrono::seconds(0), std::chrono::seconds(1),
                                            std::chrono::seconds(0), 10, 1U << 20U});
  CHECK(config.lookout == LookoutConfig{std::chrono::seconds(2),
                                        std::chrono::seconds(0),
                                        1U << 20U,
                                        std::chrono::seconds(3),
                                        std::chrono::seconds(4),
                                        {"source.silent", "clock.jumped"}});
  CHECK(config.state ==
        StateConfig{"/s", StateConfig::Durability::power_loss, 16U << 20U, std::chrono::hours(24)});
  CHECK(config.audit_policy == "/p.yaml");
  CHECK(config.admin_socket == "/a.sock");
  CHECK(config.admin_address == "::1");
  CHECK(config.admin_port == 9464);
  CHECK(config.admin_grace == std::chrono::seconds(5));
  CHECK(config.log_level == LogLevel::debug);
  CHECK(config.confine == Confine::system_calls);
}

TEST_CASE("what the config asks for fits into memory_limit, and windows get a quarter of it") {
  const auto load = [](const std::string& more) {
    return load_text(
        "sources: [{audit_log: /a, max_line: 32MiB}]\n"
        "sinks: [{name: s, type: file, path: /s}]\n" +
        more);
  };
  const LoadedConfig fits = load("pipeline: {memory_limit: 200MiB}\n");
  CHECK(fits.problems.empty());
  CHECK(fits.config.aggregate.max_bytes == 50U << 20U);
  const LoadedConfig given =
      load("pipeline: {memory_limit: 200MiB}\naggregate: {max_bytes: 9MiB}\n");
  CHECK(given.config.aggregate.max_bytes == 9U << 20U);
  const LoadedConfig small = load("pipeline: {memory_limit: 128MiB}\n");
  REQUIRE(small.problems.size() == 1);
  CHECK(small.problems[0].text ==
        "'pipeline.memory_limit' is 128MiB, but what the config asks for takes up to 132MiB: raise "
        "it, or lower 'max_line', 'max_bytes' or 'batches'");
}

TEST_CASE("rules are found from the folder of the config, wherever the daemon was started") {
  const test::TempDir dir;
  test::write_text(dir / "c.yaml", kLeast + "rules: [rules, ./x.yml, ../y, /z]\n");
  const LoadedConfig loaded = load_config(dir / "c.yaml");
  CHECK(loaded.config.rules == std::vector<std::string>{dir / "rules", dir / "x.yml",
                                                        (dir.path().parent_path() / "y").string(),
                                                        "/z"});
}

TEST_CASE("more workers bring more batches, unless their number is given") {
  CHECK(load_text(kLeast + "pipeline: {workers: 20}\n").config.pipeline.batches == 40);
  CHECK(load_text(kLeast + "pipeline: {workers: 4}\n").config.pipeline.batches == 16);
  CHECK(load_text(kLeast + "pipeline: {workers: 20, batches: 20}\n").config.pipeline.batches == 20);
}

TEST_CASE("variables are expanded before values are checked, and numbers may come from them") {
  const test::TempDir dir;
  test::write_text(dir / "c.yaml", kLeast + "node: ${NODE}\npipeline:\n  workers: ${WORKERS:-3}\n");
  const LoadedConfig loaded =
      load_config(dir / "c.yaml", [](const std::string& name) -> std::optional<std::string> {
        if (name == "NODE") return "null";
        return std::nullopt;
      });
  CHECK(loaded.problems.empty());
  CHECK(loaded.config.node == "null");
  CHECK(loaded.config.pipeline.workers == 3);
}

TEST_CASE("everything that is wrong is told, at its place") {
  struct Case {
    std::string text;
    std::string problems;
  };
  const auto c = GENERATE(values<Case>({
      {kLeast + "sinkz: 1\n", "c.yaml:3:1: the config has no key 'sinkz': did you mean 'sinks'?\n"},
      {"cluster: x\n",
       "c.yaml:1:1: the config needs 'sinks'\nc.yaml:1:1: the config needs 'sources'\n"},
      {"sources: []\nsinks: []\n",
       "c.yaml:1:10: 'sources' is empty: nothing would be followed\n"
       "c.yaml:2:8: 'sinks' is empty: alerts would go nowhere\n"},
      {"sources: /a\nsinks: {}\n",
       "c.yaml:1:10: 'sources' must be a list, this is text\n"
       "c.yaml:2:8: 'sinks' must be a list, this is a map\n"},
      {"- a\n", "c.yaml:1:1: the config must be a map, this is a list\n"},
      {kLeast + "node: ''\n", "c.yaml:3:7: 'node' is empty\n"},
      {kLeast + "node: [x]\n", "c.yaml:3:7: 'node' must be a single value, this is a list\n"},
      {kLeast + "rules: []\n", "c.yaml:3:8: 'rules' names no rule: nothing would be detected\n"},
      {kLeast + "rules: [{a: b}]\n", "c.yaml:3:9: 'rules' must hold texts only, this is a map\n"},
      {kLeast + "pipeline: 3\n", "c.yaml:3:11: 'pipeline' must be a map, this is text\n"},
      {kLeast + "pipeline: {workers: 0, worker: 1}\n",
       "c.yaml:3:21: 'workers' must lie between 1 and 64, this is 0\n"
       "c.yaml:3:24: 'pipeline' has no key 'worker': did you mean 'workers'?\n"},
      {kLeast + "pipeline: {workers: 010}\n",
       "c.yaml:3:21: '010' may be read as octal: write it in quotes, or without the 0\n"
       "c.yaml:3:21: 'workers' must be a whole number, this is '010'\n"},
      {kLeast + "pipeline: {batch_size: 32KiB, batches: 7, reconcile: 2h, stop_timeout: 0}\n",
       "c.yaml:3:24: 'batch_size' must lie between 65536 and 4194304 bytes, this is 32KiB\n"
       "c.yaml:3:40: 'batches' must lie between 8 and 1024, this is 7\n"
       "c.yaml:3:54: 'reconcile' must be at least 100ms and at most 1h, this is 2h\n"
       "c.yaml:3:72: 'stop_timeout' must be at least 1s and at most 10m, this is 0\n"},
      {kLeast + "pipeline: {workers: 10, batches: 9}\n",
       "c.yaml:3:34: 'batches' must be at least as many as there are workers\n"},
      {kLeast + "aggregate: {lateness: 5, idle_after: 0, update_every: -1s, max_keys: 9}\n",
       "c.yaml:3:23: 'lateness' must be a duration such as 500ms, 30s, 10m or 1h, this is '5'\n"
       "c.yaml:3:38: 'idle_after' must be at least 1s and at most 1d, this is 0\n"
       "c.yaml:3:55: 'update_every' must be a duration such as 500ms, 30s, 10m or 1h, this is "
       "'-1s'\n"
       "c.yaml:3:70: 'max_keys' must lie between 10 and 10000000, this is 9\n"},
      {kLeast + "lookout: {missing_after: 0, silenced: [source.silence, heartbeat, '*']}\n",
       "c.yaml:3:26: 'missing_after' must be at least 1s and at most 7d, this is 0\n"
       "c.yaml:3:39: 'silenced' names '*', which nodeportd never tells\n"
       "c.yaml:3:39: 'silenced' names 'heartbeat', which nodeportd never tells\n"
       "c.yaml:3:39: 'silenced' names 'source.silence', which nodeportd never tells: did you mean "
       "'source.silent'?\n"},
      {kLeast + "state: {directory: var, durability: fast, max_size: 1MiB, history: long}\n",
       "c.yaml:3:20: 'directory' must be an absolute path, this is 'var'\n"
       "c.yaml:3:37: 'durability' must be one of process_crash, power_loss, this is 'fast'\n"
       "c.yaml:3:53: 'max_size' must lie between 16777216 and 18446744073709551615 bytes, this is "
       "1MiB\n"
       "c.yaml:3:68: 'history' must be a duration such as 500ms, 30s, 10m or 1h, this is 'long'\n"},
      {kLeast + "admin: {socket: a.sock}\nlog: {level: loud}\n",
       "c.yaml:3:17: 'socket' must be an absolute path, this is 'a.sock'\n"
       "c.yaml:4:14: 'level' must be one of debug, info, warning, error, this is 'loud'\n"},
      {kLeast + "admin: {socket: /" + std::string(107, 'x') + "}\n",
       "c.yaml:3:17: 'socket' is longer than the kernel takes for a socket (107)\n"},
      {kLeast + "admin: {listen: localhost:9464, grace: 0}\n",
       "c.yaml:3:17: 'listen' must be an IP address and a port, as 127.0.0.1:9464 or [::1]:9464, "
       "this is 'localhost:9464'\n"
       "c.yaml:3:40: 'grace' must be at least 1s and at most 1h, this is 0\n"},
      {kLeast + "admin: {listen: ':9464'}\n",
       "c.yaml:3:17: 'listen' must be an IP address and a port, as 127.0.0.1:9464 or [::1]:9464, "
       "this is ':9464'\n"},
      {kLeast + "confine: false\n",
       "c.yaml:3:10: 'confine' must be one of all, files, system_calls, none, this is 'false'\n"},
      {kLeast + "cluster: ${NOWHERE}\n",
       "c.yaml:3:10: the variable NOWHERE is not set and has no default\n"},
      {kLeast + "cluster: a\ncluster: b\n",
       "c.yaml:4:1: duplicate key 'cluster', first in line 3\n"},
      {kLeast + "---\na: b\n", "c.yaml:4:1: a config is one document, this begins another\n"},
      {"", "c.yaml: holds no configuration\n"},
      {"# nothing but words\n", "c.yaml: holds no configuration\n"},
      {"sources: [\n", "c.yaml:2:1: a '[' that began above is not closed, or a ',' is missing\n"},
  }));
  CAPTURE(c.text);
  CHECK(problems_of(c.text) == c.problems);
}

TEST_CASE("a source that cannot be followed is told, at its place") {
  struct Case {
    std::string sources;
    std::string problems;
  };
  const auto c = GENERATE(values<Case>({
      {"[{}]", "c.yaml:2:11: a source needs 'audit_log'\n"},
      {"[/a.log]", "c.yaml:2:11: a source must be a map, this is text\n"},
      {"[{audit_log: audit.log}]",
       "c.yaml:2:23: 'audit_log' must be an absolute path, this is 'audit.log'\n"},
      {"[{audit_log: '-'}]",
       "c.yaml:2:23: 'audit_log' cannot be standard input: `nodeportd replay -` reads that\n"},
      {"[{audit_log: /var/log/}]",
       "c.yaml:2:23: 'audit_log' must name a file, this is a folder: '/var/log/'\n"},
      {"[{audit_log: [/a]}]", "c.yaml:2:23: 'audit_log' must be a single value, this is a list\n"},
      {"[{audit_log: /a, start_at: start}]",
       "c.yaml:2:37: 'start_at' must be end, beginning or a duration such as 1h, this is "
       "'start'\n"},
      {"[{audit_log: /a, max_line: 1KiB}]",
       "c.yaml:2:37: 'max_line' must lie between 65536 and 268435456 bytes, this is 1KiB\n"},
      {"[{audit_log: /a, max_line: 257MiB, maxline: 1}]",
       "c.yaml:2:37: 'max_line' must lie between 65536 and 268435456 bytes, this is 257MiB\n"
       "c.yaml:2:45: a source has no key 'maxline': did you mean 'max_line'?\n"},
      {"[{audit_log: /a}, {audit_log: /b}, {audit_log: /a}]",
       "c.yaml:2:57: this audit_log is followed already, see line 2\n"},
  }));
  CAPTURE(c.sources);
  CHECK(problems_of("sinks: [{name: s, type: file, path: /s}]\nsources: " + c.sources + "\n") ==
        c.problems);
}

TEST_CASE("a config that cannot be read is a problem of the file") {
  const test::TempDir dir;
  const LoadedConfig missing = load_config(dir / "missing.yaml");
  REQUIRE(missing.problems.size() == 1);
  CHECK(to_text(missing.problems[0]) == dir / "missing.yaml" + ": No such file or directory");

  test::write_text(dir / "huge.yaml", std::string(1'100'000, '#'));
  const LoadedConfig huge = load_config(dir / "huge.yaml");
  REQUIRE(huge.problems.size() == 1);
  CHECK(to_text(huge.problems[0]) == dir / "huge.yaml" + ": larger than 1048576 bytes");
}

TEST_CASE("beside problems it is known whether the paths of rules are those that were written") {
  CHECK(load_text(kLeast).has_rules);
  CHECK(load_text(kLeast + "rules: [/r]\nsinc: 1\n").has_rules);
  CHECK(load_text(kLeast + "rules: [/r]\ncluster: ${NONE}\n").has_rules);
  CHECK_FALSE(load_text("").has_rules);
  CHECK_FALSE(load_text("hello\n").has_rules);
  CHECK_FALSE(load_text(kLeast + "bad: [\n").has_rules);
  CHECK_FALSE(load_text(kLeast + "rules: ${NONE}\n").has_rules);
  CHECK_FALSE(load_text(kLeast + "rules: [/r, '${NONE}/r']\n").has_rules);
  CHECK_FALSE(load_text(kLeast + "rules: {}\n").has_rules);
}
