#include <catch2/catch.hpp>
#include <string>

#include "support/config_text.hpp"

using namespace nodeportd;
using nodeportd::test::load_text;
using nodeportd::test::problems_of;
using std::chrono::milliseconds;

namespace {

const std::string kSource = "sources: [{audit_log: /a.log}]\n";

// The one sink of a config whose `sinks` is that list.
SinkConfig load_sink(const std::string& sink) {
  const LoadedConfig loaded = load_text(kSource + "sinks: [" + sink + "]\n");
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(loaded.problems.empty());
  REQUIRE(loaded.config.sinks.size() == 1);
  return loaded.config.sinks.front();
}

}  // namespace

TEST_CASE("what every sink has is read, or has its default") {
  const SinkConfig least = load_sink("{name: a, type: file, path: /a}");
  CHECK(least.name == "a");
  CHECK(least.level == Level::informational);
  CHECK(least.rules.empty());
  CHECK(least.phases.empty());
  CHECK_FALSE(least.heartbeat);
  CHECK(least.retry == RetryConfig{milliseconds(1000), milliseconds(300'000)});

  const SinkConfig most = load_sink(
      "{name: on-call_2, type: file, path: /a, level: high, rules: [r1, attack.t1204], "
      "phases: [first, update, final], heartbeat: 5m, retry: {initial: 10ms, max: 2h}}");
  CHECK(most.name == "on-call_2");
  CHECK(most.level == Level::high);
  CHECK(most.rules == std::vector<std::string>{"r1", "attack.t1204"});
  CHECK(most.phases == std::vector<Phase>{Phase::first, Phase::update, Phase::final});
  CHECK(most.heartbeat == milliseconds(300'000));
  CHECK(most.retry == RetryConfig{milliseconds(10), milliseconds(7'200'000)});
}

TEST_CASE("a file sink is read") {
  FileSinkConfig expected;
  expected.path = "/a";
  CHECK(std::get<FileSinkConfig>(load_sink("{name: a, type: file, path: /a}").target) == expected);

  expected = {"-", FileSinkConfig::Fsync::each, milliseconds(50), 100U << 20U, 9, 0640};
  CHECK(std::get<FileSinkConfig>(
            load_sink("{name: a, type: file, path: '-', fsync: each, fsync_interval: 50ms, "
                      "rotate_size: 100MiB, rotate_keep: 9, mode: '0640'}")
                .target) == expected);
  const auto mode = GENERATE(values<std::pair<std::string, std::uint32_t>>(
      {{"640", 0640}, {"'644'", 0644}, {"'0200'", 0200}, {"777", 0777}}));
  const SinkConfig sink = load_sink("{name: a, type: file, path: /a, mode: " + mode.first + "}");
  CHECK(std::get<FileSinkConfig>(sink.target).mode == mode.second);
}

TEST_CASE("a syslog sink is read, and its format follows the transport") {
  const auto syslog = [](const std::string& keys) {
    return std::get<SyslogSinkConfig>(load_sink("{name: a, type: syslog" + keys + "}").target);
  };
  using Transport = SyslogSinkConfig::Transport;
  using Format = SyslogSinkConfig::Format;
  CHECK(syslog("") == SyslogSinkConfig{});
  CHECK(SyslogSinkConfig{}.path == "/dev/log");
  CHECK(SyslogSinkConfig{}.format == Format::rfc3164);
  CHECK(syslog(", address: /run/log").path == "/run/log");

  const SyslogSinkConfig udp = syslog(", transport: udp, address: 'logs.example:514'");
  CHECK(udp.transport == Transport::udp);
  CHECK(udp.host == "logs.example");
  CHECK(udp.port == 514);
  CHECK(udp.format == Format::rfc5424);
  CHECK(udp.facility == 10);

  const SyslogSinkConfig tcp = syslog(
      ", transport: tcp, address: '[2001:db8::1]:601', facility: local7, format: rfc3164, "
      "max_size: 480, timeout: 1s");
  CHECK(tcp.host == "2001:db8::1");
  CHECK(tcp.port == 601);
  CHECK(tcp.facility == 23);
  CHECK(tcp.format == Format::rfc3164);
  CHECK(tcp.max_size == 480);
  CHECK(tcp.timeout == milliseconds(1000));
  CHECK(syslog(", facility: kern").facility == 0);
  CHECK(syslog(", facility: auth").facility == 4);
}

TEST_CASE("a webhook sink is read") {
  const auto webhook = [](const std::string& keys) {
    return std::get<WebhookSinkConfig>(load_sink("{name: a, type: webhook, " + keys + "}").target);
  };
  WebhookSinkConfig expected;
  expected.url = "http://127.0.0.1:8080/hook?x=1";
  CHECK(webhook("url: 'http://127.0.0.1:8080/hook?x=1'") == expected);

  expected = {"https://[::1]:8443",
              {{"X-Cluster", "prod"}},
              {{"X-Api-Key", "/key"}},
              "/token",
              "/ca",
              "/cert",
              "/key.pem",
              7,
              milliseconds(2000)};
  CHECK(webhook("url: 'https://[::1]:8443', headers: {X-Cluster: prod}, "
                "headers_file: {X-Api-Key: /key}, bearer_token_file: /token, ca_file: /ca, "
                "cert_file: /cert, key_file: /key.pem, batch_size: 7, timeout: 2s") == expected);
}

TEST_CASE("a sink that cannot work is told, at its place") {
  struct Case {
    std::string sinks;
    std::string problems;
  };
  const auto c = GENERATE(values<Case>({
      {"[{}]", "c.yaml:2:9: a sink needs 'name'\nc.yaml:2:9: a sink needs 'type'\n"},
      {"[alerts]", "c.yaml:2:9: a sink must be a map, this is text\n"},
      {"[{name: A b, type: file, path: /a}]",
       "c.yaml:2:16: 'name' must be up to 64 of a-z, 0-9, _ and -, this is 'A b'\n"},
      {"[{name: a, type: kafka, url: 'http://x', path: /x}]",
       "c.yaml:2:25: 'type' must be one of file, syslog, webhook, this is 'kafka'\n"},
      {"[{name: a, type: file, path: /a}, {name: a, type: file, path: /b}]",
       "c.yaml:2:49: another sink has this 'name', see line 2\n"},
      {"[{name: a, type: file, path: /a}, {name: b, type: file, path: /a}]",
       "c.yaml:2:70: another sink has this 'path', see line 2\n"},
      {"[{name: a, type: file, path: /a, level: severe, phases: [first, last], heartbeat: 1ms}]",
       "c.yaml:2:48: 'level' must be one of informational, low, medium, high, critical, this is "
       "'severe'\n"
       "c.yaml:2:64: 'phases' must hold first, update and final only, this is 'last'\n"
       "c.yaml:2:90: 'heartbeat' must be at least 1s and at most 1d, this is 1ms\n"},
      {"[{name: a, type: file, path: /a, retry: {initial: 10m, maximum: 1h}}]",
       "c.yaml:2:48: 'initial' must not be longer than 'max'\n"
       "c.yaml:2:63: 'retry' has no key 'maximum': it has initial, max\n"},
      {"[{name: a, type: file, path: /a, retry: 5s}]",
       "c.yaml:2:48: 'retry' must be a map, this is text\n"},
      // A key of another type.
      {"[{name: a, type: file, path: /a, url: 'http://x', timeout: 5s}]",
       "c.yaml:2:41: a file sink has no key 'url': webhook sinks have it\n"
       "c.yaml:2:58: a file sink has no key 'timeout': syslog and webhook sinks have it\n"},
      {"[{name: a, type: syslog, path: /a, adress: /b}]",
       "c.yaml:2:33: a syslog sink has no key 'path': file sinks have it\n"
       "c.yaml:2:43: a sink has no key 'adress': did you mean 'address'?\n"},
      // file
      {"[{name: a, type: file}]", "c.yaml:2:9: a sink needs 'path'\n"},
      {"[{name: a, type: file, path: alerts}]",
       "c.yaml:2:37: 'path' must be an absolute path, this is 'alerts'\n"},
      {"[{name: a, type: file, path: /a, fsync: sometimes, rotate_size: 1KiB, rotate_keep: 0}]",
       "c.yaml:2:48: 'fsync' must be one of each, interval, never, this is 'sometimes'\n"
       "c.yaml:2:72: 'rotate_size' must lie between 65536 and 18446744073709551615 bytes, this is "
       "1KiB\n"
       "c.yaml:2:91: 'rotate_keep' must lie between 1 and 1000, this is 0\n"},
      {"[{name: a, type: file, path: /a, mode: rw}]",
       "c.yaml:2:47: 'mode' must be permissions such as \"0640\" that let the owner write, this is "
       "'rw'\n"},
      {"[{name: a, type: file, path: /a, mode: '0444'}]",
       "c.yaml:2:47: 'mode' must be permissions such as \"0640\" that let the owner write, this is "
       "'0444'\n"},
      {"[{name: a, type: file, path: /a, mode: '1777'}]",
       "c.yaml:2:47: 'mode' must be permissions such as \"0640\" that let the owner write, this is "
       "'1777'\n"},
      // syslog
      {"[{name: a, type: syslog, transport: tcp}]", "c.yaml:2:9: a sink needs 'address'\n"},
      {"[{name: a, type: syslog, address: 'host:514'}]",
       "c.yaml:2:42: 'address' must be an absolute path, this is 'host:514'\n"},
      {"[{name: a, type: syslog, facility: local8, format: json, max_size: 64KiB}]",
       "c.yaml:2:43: 'facility' must be one of kern, user, mail, daemon, auth, syslog, lpr, news, "
       "uucp, cron, authpriv, ftp, ntp, audit, alert, clock, local0, local1, local2, local3, "
       "local4, local5, local6, local7, this is 'local8'\n"
       "c.yaml:2:59: 'format' must be one of rfc5424, rfc3164, this is 'json'\n"
       "c.yaml:2:75: 'max_size' must lie between 480 and 65507 bytes, this is 64KiB\n"},
      // webhook
      {"[{name: a, type: webhook}]", "c.yaml:2:9: a sink needs 'url'\n"},
      {"[{name: a, type: webhook, url: 'https://u:p@x/'}]",
       "c.yaml:2:39: 'url' must hold no user or password: use 'bearer_token_file' or "
       "'headers_file'\n"},
      {"[{name: a, type: webhook, url: 'https://x/#top'}]",
       "c.yaml:2:39: 'url' must hold no fragment (#)\n"},
      {"[{name: a, type: webhook, url: 'http://a+b/x'}]",
       "c.yaml:2:39: 'url' must hold a host that is a name (ASCII) or an address\n"},
      {"[{name: a, type: webhook, url: 'HTTP://x', ca_file: /c}]",
       "c.yaml:2:60: 'ca_file' is for https, the url is http\n"},
      {"[{name: a, type: webhook, url: 'https://x', bearer_token_file: token, batch_size: 0}]",
       "c.yaml:2:71: 'bearer_token_file' must be an absolute path, this is 'token'\n"
       "c.yaml:2:90: 'batch_size' must lie between 1 and 1000, this is 0\n"},
      {"[{name: a, type: webhook, url: 'https://x', cert_file: /c}]",
       "c.yaml:2:63: 'cert_file' and 'key_file' go together\n"},
      {"[{name: a, type: webhook, url: 'http://x', ca_file: /c}]",
       "c.yaml:2:60: 'ca_file' is for https, the url is http\n"},
      {"[{name: a, type: webhook, url: 'https://x', headers: {Host: x, 'a b': y, X: [z]}}]",
       "c.yaml:2:62: the header 'Host' is set by nodeportd itself\n"
       "c.yaml:2:71: the header 'a b' is not the name of a header\n"
       "c.yaml:2:84: 'X' must be a single value, this is a list\n"},
      {"[{name: a, type: webhook, url: 'https://x', headers: {X: \"a\\r\\nEvil: b\"}}]",
       "c.yaml:2:65: the header 'X' holds a control character\n"},
      {"[{name: a, type: webhook, url: 'https://x', headers: {X-A: 1}, headers_file: {x-a: /f, y: "
       "f}}]",
       "c.yaml:2:86: the header 'x-a' is given twice\n"
       "c.yaml:2:98: 'headers_file' must hold absolute paths, this is 'f'\n"},
      {"[{name: a, type: webhook, url: 'https://x', bearer_token_file: /t, headers: "
       "{authorization: x}}]",
       "c.yaml:2:85: the header 'authorization' is given twice\n"},
  }));
  CAPTURE(c.sinks);
  CHECK(problems_of(kSource + "sinks: " + c.sinks + "\n") == c.problems);
}

TEST_CASE("an address that is no host and port is refused") {
  const auto address = GENERATE(values<std::string>(
      {"host", ":514", "host:", "host:0", "host:65536", "host:51x4", "2001:db8::1:514", "[]:514",
       "[::1]514", "udp://host:514", "ho st:514", "host:+5"}));
  CHECK(problems_of(kSource + "sinks: [{name: a, type: syslog, transport: udp, address: '" +
                    address + "'}]\n") ==
        "c.yaml:2:58: 'address' must be host:port or [IPv6 address]:port, this is '" + address +
            "'\n");
}

TEST_CASE("a url that is no http url is refused, and not shown, since it may hold a secret") {
  const auto url = GENERATE(values<std::string>(
      {"alerts.example", "ftp://x/", "http://", "https:///path", "//x/y", "http://x y/", "/path",
       "http://x:port/", "http://exa<mple/", "http://x:0/", "http://x:65536/"}));
  CAPTURE(url);
  CHECK(problems_of(kSource + "sinks: [{name: a, type: webhook, url: '" + url + "'}]\n") ==
        "c.yaml:2:39: 'url' must be such as https://host:port/path\n");
}

TEST_CASE("a sink's file is no log that is followed, by whatever spelling or pattern") {
  const auto problems = [](const std::string& log, const std::string& path) {
    return problems_of("sources: [{audit_log: '" + log + "'}]\n" +
                       "sinks: [{name: a, type: file, path: " + path + "}]\n");
  };
  CHECK(problems("/l/audit.log", "/l/audit.log") ==
        "c.yaml:2:37: 'path' is a log that is followed, by audit_log '/l/audit.log': each alert in "
        "it would be read as a line\n");
  CHECK(problems("/l/audit.log", "/l/./x/../audit.log") != "");
  CHECK(problems("/l/*.log", "/l/alerts.log") != "");
  CHECK(problems("/l/*.log", "/l/m/alerts.log") == "");
  CHECK(problems("/l/*.log", "/l/alerts.jsonl") == "");
}
