// The loader of configurations: what is wrong has a place, what it takes is within the limits, and
// a key that it does not know is never passed over. As it is shown, a config is one that does the
// same.
#include <set>
#include <string>

#include "base/files.hpp"
#include "base/http_url.hpp"
#include "base/text.hpp"
#include "base/yaml_text.hpp"
#include "config/effective.hpp"
#include "config/load.hpp"
#include "fuzz/hold.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/problems.hpp"

namespace nodeportd::fuzz {
namespace {

// A variable is set, and what it holds is no YAML in the config.
std::optional<std::string> variable(const std::string& name) {
  if (name == "SET") return "a: b\n- {c";
  return std::nullopt;
}

LoadedConfig load(const std::string& text) {
  const MemoryFile file(text);
  LoadedConfig loaded = load_config(file.path(), variable);
  check_places(loaded.problems, text, file.path());
  return loaded;
}

bool is_absolute(const std::string& path) {
  return path.starts_with('/');
}

void check_sinks(const Config& config) {
  std::set<std::string> names;
  hold(!config.sinks.empty(), "there is a sink");
  for (const SinkConfig& sink : config.sinks) {
    hold(names.insert(sink.name).second && !sink.name.empty(), "each sink has its own name");
    hold(sink.retry.initial <= sink.retry.max, "retries grow");
    if (const auto* file = std::get_if<FileSinkConfig>(&sink.target)) {
      hold(file->path == "-" || is_absolute(file->path), "a sink's file has an absolute path");
    }
    if (const auto* syslog = std::get_if<SyslogSinkConfig>(&sink.target)) {
      const bool is_local = syslog->transport == SyslogSinkConfig::Transport::local;
      hold(syslog->facility < 24, "a facility is one of RFC 5424's");
      hold(syslog->max_size >= 480 && syslog->max_size <= 65'507, "a message fits a datagram");
      hold(is_local ? is_absolute(syslog->path) : !syslog->host.empty() && syslog->port > 0,
           "a receiver has an address");
    }
    if (const auto* webhook = std::get_if<WebhookSinkConfig>(&sink.target)) {
      hold(parse_http_url(webhook->url) && webhook->batch_size > 0, "a receiver has a URL");
    }
  }
}

void check_limits(const Config& config) {
  hold(!config.node.empty(), "a node has a name");
  hold(!config.sources.empty(), "there is a source");
  for (const SourceConfig& source : config.sources) {
    hold(is_absolute(source.audit_log) && source.max_line > 0, "a log has an absolute path");
  }
  for (const std::string& path : config.rules) hold(is_absolute(path), "rules have one as well");
  hold(config.pipeline.workers >= 1 && config.pipeline.workers <= 64, "workers are bounded");
  hold(config.pipeline.batches >= config.pipeline.workers, "each worker has a batch");
  hold(config.pipeline.batches <= 1024 && config.pipeline.batch_size <= 4ULL << 20U,
       "memory is bounded");
  hold(config.aggregate.max_keys >= 10 && config.aggregate.max_keys <= 10'000'000,
       "keys are bounded");
  hold(is_absolute(config.state.directory) && config.state.max_size >= 16ULL << 20U,
       "there is room for the state");
  hold(is_absolute(config.admin_socket) && config.admin_socket.size() < 108,
       "the kernel takes the socket's path");
  hold(config.admin_address.empty() == (config.admin_port == 0), "a port goes with an address");
}

const YamlSchema& schema() {
  static const YamlSchema read = [] {
    const auto text = read_file(NODEPORTD_SCHEMAS "/nodeportd.schema.json", 1U << 20U);
    hold(text.has_value(), "the schema is at hand");
    return YamlSchema::parse(*text);
  }();
  return read;
}

void check_shown(const LoadedConfig& loaded) {
  const EffectiveConfig effective = effective_config(loaded, schema());
  if (effective.masked > 0) return;
  const MemoryFile file(to_yaml(effective.config));
  LoadedConfig again = load_config(file.path(), [](const std::string&) { return std::nullopt; });
  hold(again.problems.empty(), "what is shown can be loaded");
  // The rules' loader reads these; their keys stand in another order.
  hold(again.config.exceptions.kind == loaded.config.exceptions.kind, "exceptions are shown");
  again.config.exceptions = loaded.config.exceptions;
  hold(again.config == loaded.config, "what is shown is the same config");
}

void run(const std::string& text) {
  const LoadedConfig loaded = load(text);
  if (!loaded.problems.empty()) return;
  check_limits(loaded.config);
  check_sinks(loaded.config);
  // YAML that is written is UTF-8.
  if (valid_utf8(text) == text) check_shown(loaded);
  hold(!load(text + "\nno_such_key: 1\n").problems.empty(), "an unknown key is a problem");
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
