#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "base/yaml.hpp"
#include "model/alert.hpp"
#include "model/rule.hpp"

namespace nodeportd {

// What an operator wrote, checked, with every default filled in. docs/CONFIGURATION.md says what
// each key means. All paths are absolute.

struct SourceConfig {
  enum class Start : std::uint8_t {
    end,        // only what is written from now on
    beginning,  // all there is, rotated files included
    back,       // what was written in the last `start_back`
  };
  std::string audit_log;  // a path or a glob
  Start start_at = Start::back;
  std::chrono::milliseconds start_back = std::chrono::hours(1);
  std::uint64_t max_line = 16ULL << 20U;
  bool operator==(const SourceConfig&) const = default;
};

struct PipelineConfig {
  std::uint32_t workers = 1;
  std::uint64_t batch_size = 256ULL << 10U;
  std::uint32_t batches = 16;  // at least one a worker
  std::uint64_t memory_limit = 128ULL << 20U;
  std::chrono::milliseconds reconcile = std::chrono::seconds(10);
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(20);
  bool operator==(const PipelineConfig&) const = default;
};

struct AggregateConfig {
  std::chrono::milliseconds lateness = std::chrono::minutes(5);
  std::chrono::milliseconds idle_after = std::chrono::seconds(30);
  std::chrono::milliseconds update_every = std::chrono::minutes(5);  // 0: first and final alone
  std::uint32_t max_keys = 100'000;
  std::uint64_t max_bytes = 32ULL << 20U;  // a quarter of memory_limit, unless it is given
  bool operator==(const AggregateConfig&) const = default;
};

// When the daemon says by itself that it cannot see, or cannot tell.
struct LookoutConfig {
  std::chrono::milliseconds missing_after = std::chrono::minutes(1);  // a log is not there
  std::chrono::milliseconds silence_after = std::chrono::hours(1);    // no line; 0: as it should be
  std::uint64_t unread_max = 1ULL << 30U;                             // bytes of a log
  std::chrono::milliseconds unread_after = std::chrono::minutes(1);   // so many wait
  std::chrono::milliseconds failing_after = std::chrono::minutes(15);  // a sink takes nothing
  std::vector<std::string> silenced;  // notices that are logged and not alerted
  bool operator==(const LookoutConfig&) const = default;
};

struct StateConfig {
  enum class Durability : std::uint8_t { process_crash, power_loss };
  std::string directory = "/var/lib/nodeportd";
  Durability durability = Durability::process_crash;
  std::uint64_t max_size = 1ULL << 30U;
  std::chrono::milliseconds history = std::chrono::days(30);
  bool operator==(const StateConfig&) const = default;
};

struct FileSinkConfig {
  enum class Fsync : std::uint8_t { each, interval, never };
  std::string path;  // `-`: standard output
  Fsync fsync = Fsync::interval;
  std::chrono::milliseconds fsync_interval = std::chrono::seconds(1);
  std::uint64_t rotate_size = 0;  // 0: never
  std::uint32_t rotate_keep = 5;
  std::uint32_t mode = 0600;
  bool operator==(const FileSinkConfig&) const = default;
};

struct SyslogSinkConfig {
  enum class Transport : std::uint8_t { local, udp, tcp };
  enum class Format : std::uint8_t { rfc5424, rfc3164 };
  Transport transport = Transport::local;
  std::string path = "/dev/log";  // of the local socket
  std::string host;               // of udp and tcp; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::uint8_t facility = 10;  // RFC 5424's number; 10 is authpriv
  Format format = Format::rfc3164;
  std::uint64_t max_size = 8ULL << 10U;
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  bool operator==(const SyslogSinkConfig&) const = default;
};

struct WebhookSinkConfig {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  std::string url;
  Headers headers;
  Headers headers_file;           // name and the file that holds the value
  std::string bearer_token_file;  // this and the next three: empty when there is none
  std::string ca_file;            // then the system's authorities are asked
  std::string cert_file;
  std::string key_file;
  std::uint32_t batch_size = 1;  // alerts a request
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  bool operator==(const WebhookSinkConfig&) const = default;
};

struct RetryConfig {
  std::chrono::milliseconds initial = std::chrono::seconds(1);
  std::chrono::milliseconds max = std::chrono::minutes(5);
  bool operator==(const RetryConfig&) const = default;
};

struct SinkConfig {
  std::string name;
  Level level = Level::informational;
  std::vector<std::string> rules;  // empty: every rule
  std::vector<Phase> phases;       // empty: every phase
  std::optional<std::chrono::milliseconds> heartbeat;
  RetryConfig retry;
  std::variant<FileSinkConfig, SyslogSinkConfig, WebhookSinkConfig> target;
  bool operator==(const SinkConfig&) const = default;
};

// What the running daemon takes from itself once it has started.
enum class Confine : std::uint8_t {
  none,
  files,         // those that its configuration does not name (Landlock)
  system_calls,  // those that it does not make (seccomp)
  all,
};

struct Config {
  std::string cluster;
  std::string node;
  std::vector<SourceConfig> sources;
  std::vector<std::string> rules = {"/etc/nodeportd/rules"};  // files and folders of them
  YamlNode exceptions;  // as written, variables expanded; null when there are none
  bool watch = false;   // reload when the files of rules or the config change
  PipelineConfig pipeline;
  AggregateConfig aggregate;
  LookoutConfig lookout;
  StateConfig state;
  std::vector<SinkConfig> sinks;
  std::string
      audit_policy;  // kube-apiserver's, of which we say what it hides; empty: none is given
  std::string admin_socket = "/run/nodeportd/admin.sock";
  std::string admin_address;  // an IP address that is listened on as well; empty: none
  std::uint16_t admin_port = 0;
  std::chrono::milliseconds admin_grace = std::chrono::seconds(30);
  LogLevel log_level = LogLevel::info;
  Confine confine = Confine::all;
  bool operator==(const Config&) const = default;
};

}  // namespace nodeportd
