#include "config/load.hpp"

#include <fnmatch.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <filesystem>
#include <tuple>
#include <variant>

#include "base/files.hpp"
#include "base/host_port.hpp"
#include "base/text.hpp"
#include "config/section.hpp"
#include "model/rule.hpp"

namespace nodeportd {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kConfigMax = 1U << 20U;

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

PipelineConfig read_pipeline(YamlMap map) {
  PipelineConfig pipeline;
  set(pipeline.workers, map.integer("workers", 1, 64));
  set(pipeline.batch_size, map.size("batch_size", 64ULL << 10U, 4ULL << 20U));
  pipeline.batches = std::max(pipeline.batches, 2 * pipeline.workers);
  set(pipeline.batches, map.integer("batches", 8, 1024));
  if (pipeline.batches < pipeline.workers) {
    map.complain(*map.node("batches"), "'batches' must be at least as many as there are workers");
  }
  set(pipeline.memory_limit, map.size("memory_limit", 64ULL << 20U));
  set(pipeline.reconcile, map.duration("reconcile", milliseconds(100), std::chrono::hours(1)));
  set(pipeline.stop_timeout,
      map.duration("stop_timeout", std::chrono::seconds(1), std::chrono::minutes(10)));
  map.refuse_unknown_keys();
  return pipeline;
}

// As much of the memory is for open windows, unless the config says how much.
constexpr std::uint64_t kWindowsShare = 4;

AggregateConfig read_aggregate(YamlMap map, AggregateConfig aggregate) {
  set(aggregate.lateness, map.duration("lateness", milliseconds(0), std::chrono::days(7)));
  set(aggregate.idle_after,
      map.duration("idle_after", std::chrono::seconds(1), std::chrono::days(1)));
  set(aggregate.update_every, map.duration("update_every", milliseconds(0), std::chrono::days(1)));
  set(aggregate.max_keys, map.integer("max_keys", 10, 10'000'000));
  set(aggregate.max_bytes, map.size("max_bytes", 1ULL << 20U));
  map.refuse_unknown_keys();
  return aggregate;
}

// Names alone: a pattern would also silence what a later version tells.
std::vector<std::string> read_silenced(YamlMap& map) {
  const std::vector<std::string_view> known = builtin::notice_names();
  std::vector<std::string> silenced = map.texts("silenced");
  for (const std::string& name : silenced) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    map.complain(
        *map.node("silenced"),
        "'silenced' names '" + name + "', which nodeportd never tells" + did_you_mean(name, known));
  }
  return silenced;
}

LookoutConfig read_lookout(YamlMap map) {
  constexpr milliseconds kLeast = std::chrono::seconds(1);
  constexpr milliseconds kMost = std::chrono::days(7);
  LookoutConfig lookout;
  set(lookout.missing_after, map.duration("missing_after", kLeast, kMost));
  set(lookout.silence_after, map.duration("silence_after", milliseconds(0), kMost));
  set(lookout.unread_max, map.size("unread_max", 1ULL << 20U));
  set(lookout.unread_after, map.duration("unread_after", kLeast, kMost));
  set(lookout.failing_after, map.duration("failing_after", kLeast, kMost));
  lookout.silenced = read_silenced(map);
  map.refuse_unknown_keys();
  return lookout;
}

StateConfig read_state(YamlMap map) {
  StateConfig state;
  set(state.directory, absolute_path(map, "directory"));
  set_choice(state.durability, map, "durability",
             {{"process_crash", StateConfig::Durability::process_crash},
              {"power_loss", StateConfig::Durability::power_loss}});
  set(state.max_size, map.size("max_size", 16ULL << 20U));
  set(state.history, map.duration("history"));
  map.refuse_unknown_keys();
  return state;
}

// An address and no name: whoever answers for a name must not decide who may ask us.
void read_listen(YamlMap& map, Config& config) {
  const auto listen = map.text("listen");
  if (!listen || listen->empty()) return;
  std::optional<HostPort> place = parse_host_port(*listen);
  if (!place || !is_ip_address(place->host)) {
    map.complain(*map.node("listen"),
                 "'listen' must be an IP address and a port, as 127.0.0.1:9464 or [::1]:9464, this "
                 "is '" +
                     *listen + "'");
    return;
  }
  config.admin_address = std::move(place->host);
  config.admin_port = place->port;
}

void read_admin(YamlMap map, Config& config) {
  const auto socket = absolute_path(map, "socket");
  if (socket && socket->size() >= sizeof(sockaddr_un::sun_path)) {
    map.complain(*map.node("socket"),
                 "'socket' is longer than the kernel takes for a socket (107)");
  }
  set(config.admin_socket, socket);
  read_listen(map, config);
  set(config.admin_grace, map.duration("grace", std::chrono::seconds(1), std::chrono::hours(1)));
  map.refuse_unknown_keys();
}

void read_log(YamlMap map, Config& config) {
  set_choice(config.log_level, map, "level",
             {{"debug", LogLevel::debug},
              {"info", LogLevel::info},
              {"warning", LogLevel::warning},
              {"error", LogLevel::error}});
  map.refuse_unknown_keys();
}

// Relative to the folder of the config, so that a config and its rules move together.
void read_rules(YamlMap& top, const std::string& file, Config& config) {
  const YamlNode* node = top.node("rules");
  if (node == nullptr) return;
  config.rules = top.texts("rules");
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  for (std::string& path : config.rules) path = (folder / path).lexically_normal().string();
  if (node->is_sequence() && node->items.empty()) {
    top.complain(*node, "'rules' names no rule: nothing would be detected");
  }
}

// The program, the rules and the state's caches, matches on their way to the state, and the values
// of one line of many: measured as 60 MiB with each at its worst.
constexpr std::uint64_t kOwnMemory = 64ULL << 20U;

std::string in_mebibytes(std::uint64_t bytes) {
  return std::to_string((bytes + (1U << 20U) - 1) >> 20U) + "MiB";
}

// All that grows has a bound of its own; here they are added up. A long line is held as it was
// read and, where it is not simple, as it is decoded.
void check_memory(YamlMap& top, const YamlNode& root, const Config& config) {
  std::uint64_t longest = 0;
  for (const SourceConfig& source : config.sources) longest = std::max(longest, source.max_line);
  const std::uint64_t batches = std::uint64_t{config.pipeline.batches} * config.pipeline.batch_size;
  const std::uint64_t needed = kOwnMemory + batches + config.aggregate.max_bytes + longest;
  if (needed <= config.pipeline.memory_limit) return;
  const YamlNode* pipeline = top.node("pipeline");
  top.complain(pipeline != nullptr ? *pipeline : root,
               "'pipeline.memory_limit' is " + in_mebibytes(config.pipeline.memory_limit) +
                   ", but what the config asks for takes up to " + in_mebibytes(needed) +
                   ": raise it, or lower 'max_line', 'max_bytes' or 'batches'");
}

// An alert that is written into a log that we follow is a line of it, and so on for ever.
void refuse_sinks_into_logs(const YamlNode& sinks, const Config& config, const Report& report) {
  for (std::size_t i = 0; i < config.sinks.size(); ++i) {
    const auto* sink = std::get_if<FileSinkConfig>(&config.sinks[i].target);
    if (sink == nullptr || sink->path.empty()) continue;
    const std::string path = std::filesystem::path(sink->path).lexically_normal().string();
    for (const SourceConfig& source : config.sources) {
      const std::string log = std::filesystem::path(source.audit_log).lexically_normal().string();
      if (path != log && ::fnmatch(log.c_str(), path.c_str(), FNM_PATHNAME) != 0) continue;
      const YamlNode& at = *sinks.items[i].find("path");
      report.problems.push_back(
          {{report.file, at.line, at.column}, followed_log(source.audit_log)});
      break;
    }
  }
}

void read_top(const YamlNode& root, const Report& report, Config& config) {
  YamlMap top(root, report.file, report.problems, "the config");
  const auto section = [&](const YamlNode& node, std::string name) {
    return YamlMap(node, report.file, report.problems, "'" + std::move(name) + "'");
  };
  set(config.cluster, top.text("cluster"));
  config.node = host_name();
  set(config.node, top.node("node") != nullptr ? top.required_text("node") : std::nullopt);
  if (const YamlNode* sources = top.required("sources")) {
    config.sources = read_sources(*sources, report);
    if (sources->is_sequence() && sources->items.empty()) {
      top.complain(*sources, "'sources' is empty: nothing would be followed");
    }
  }
  read_rules(top, report.file, config);
  if (const YamlNode* exceptions = top.node("exceptions")) config.exceptions = *exceptions;
  set(config.watch, top.flag("watch"));
  if (const YamlNode* pipeline = top.node("pipeline")) {
    config.pipeline = read_pipeline(section(*pipeline, "pipeline"));
  }
  config.aggregate.max_bytes = config.pipeline.memory_limit / kWindowsShare;
  if (const YamlNode* aggregate = top.node("aggregate")) {
    config.aggregate = read_aggregate(section(*aggregate, "aggregate"), config.aggregate);
  }
  check_memory(top, root, config);
  if (const YamlNode* lookout = top.node("lookout")) {
    config.lookout = read_lookout(section(*lookout, "lookout"));
  }
  if (const YamlNode* state = top.node("state")) {
    config.state = read_state(section(*state, "state"));
  }
  if (const YamlNode* sinks = top.required("sinks")) {
    config.sinks = read_sinks(*sinks, report);
    refuse_sinks_into_logs(*sinks, config, report);
    if (sinks->is_sequence() && sinks->items.empty()) {
      top.complain(*sinks, "'sinks' is empty: alerts would go nowhere");
    }
  }
  set(config.audit_policy, absolute_path(top, "audit_policy"));
  if (const YamlNode* admin = top.node("admin")) read_admin(section(*admin, "admin"), config);
  if (const YamlNode* log = top.node("log")) read_log(section(*log, "log"), config);
  set_choice(config.confine, top, "confine",
             {{"all", Confine::all},
              {"files", Confine::files},
              {"system_calls", Confine::system_calls},
              {"none", Confine::none}});
  top.refuse_unknown_keys();
}

// A variable that is not set leaves a path that leads elsewhere.
bool is_faultless(const YamlNode& node, const Problems& problems) {
  const bool is_blamed = std::any_of(problems.begin(), problems.end(), [&](const Problem& each) {
    return each.place.line == node.line && each.place.column == node.column;
  });
  return !is_blamed && std::all_of(node.items.begin(), node.items.end(), [&](const YamlNode& item) {
    return is_faultless(item, problems);
  });
}

}  // namespace

std::string followed_log(const std::string& audit_log) {
  return "'path' is a log that is followed, by audit_log '" + audit_log +
         "': each alert in it would be read as a line";
}

LoadedConfig load_config(const std::string& path, const Environment& environment, FileKinds kinds) {
  LoadedConfig loaded;
  Problems& problems = loaded.problems;
  const auto text = read_file(path, kConfigMax, kinds);
  if (!text) {
    // The error's text begins with the path, as the problem's place does.
    problems.push_back({{path, 0, 0}, text.error().text.substr(path.size() + 2)});
    return loaded;
  }
  std::vector<YamlNode> documents = parse_yaml(*text, path, problems);
  if (documents.empty()) {
    if (problems.empty()) problems.push_back({{path, 0, 0}, "holds no configuration"});
    return loaded;
  }
  if (documents.size() > 1) {
    problems.push_back({{path, documents[1].line, documents[1].column},
                        "a config is one document, this begins another"});
  }
  loaded.written = documents.front();
  loaded.expanded = std::move(documents.front());
  loaded.expansions = substitute(loaded.expanded, path, environment, problems);
  read_top(loaded.expanded, {path, problems}, loaded.config);
  conceal(loaded.expansions, path, problems);
  const YamlNode* rules = loaded.expanded.find("rules");
  loaded.has_rules =
      loaded.expanded.is_map() && (rules == nullptr || is_faultless(*rules, problems));
  std::sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.line, a.place.column, a.text) <
           std::tie(b.place.line, b.place.column, b.text);
  });
  keep_first(problems);
  return loaded;
}

}  // namespace nodeportd
