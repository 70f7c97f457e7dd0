#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/section.hpp"

namespace nodeportd {
namespace {

// The keys that only sinks of some types have.
struct TypeKeys {
  std::string_view type;
  std::vector<std::string_view> keys;

  [[nodiscard]] bool has(std::string_view key) const {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }
};

const std::array<TypeKeys, 3>& type_keys() {
  static const std::array<TypeKeys, 3> kinds{{
      {"file", {"path", "fsync", "fsync_interval", "rotate_size", "rotate_keep", "mode"}},
      {"syslog", {"transport", "address", "facility", "format", "max_size", "timeout"}},
      {"webhook",
       {"url", "headers", "headers_file", "bearer_token_file", "batch_size", "timeout", "ca_file",
        "cert_file", "key_file"}},
  }};
  return kinds;
}

// A key of another type gets an answer better than "no such key". `type` is empty when it could
// not be read: then every type's keys pass, and one problem is not made ten.
void refuse_keys_of_other_types(YamlMap& map, const YamlNode& sink, const std::string& type,
                                const Report& report) {
  for (const YamlEntry& entry : sink.entries) {
    std::vector<std::string_view> owners;
    bool own = type.empty();
    for (const TypeKeys& kind : type_keys()) {
      if (!kind.has(entry.key)) continue;
      owners.push_back(kind.type);
      own = own || kind.type == type;
    }
    if (owners.empty()) continue;
    (void)map.node(entry.key);  // it is known, if out of place
    if (own) continue;
    report.problems.push_back({{report.file, entry.line, entry.column},
                               fmt::format("a {} sink has no key '{}': {} sinks have it", type,
                                           entry.key, fmt::join(owners, " and "))});
  }
}

std::string read_name(YamlMap& map) {
  const auto name = map.required_text("name");
  if (!name) return "";
  const bool well = std::all_of(name->begin(), name->end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (well && name->size() <= 64) return *name;
  map.complain(*map.node("name"),
               "'name' must be up to 64 of a-z, 0-9, _ and -, this is '" + *name + "'");
  return "";
}

std::vector<Phase> read_phases(YamlMap& map) {
  std::vector<Phase> phases;
  for (const std::string& word : map.texts("phases")) {
    if (word == "first") {
      phases.push_back(Phase::first);
    } else if (word == "update") {
      phases.push_back(Phase::update);
    } else if (word == "final") {
      phases.push_back(Phase::final);
    } else {
      map.complain(*map.node("phases"),
                   "'phases' must hold first, update and final only, this is '" + word + "'");
    }
  }
  return phases;
}

RetryConfig read_retry(YamlMap map) {
  using std::chrono::milliseconds;
  RetryConfig retry;
  set(retry.initial, map.duration("initial", milliseconds(10), std::chrono::hours(1)));
  set(retry.max, map.duration("max", milliseconds(10), std::chrono::hours(24)));
  if (retry.initial > retry.max) map.complain_here("'initial' must not be longer than 'max'");
  map.refuse_unknown_keys();
  return retry;
}

// `640` and `"0640"` as chmod(1) reads them. A leading zero without quotes is refused before, as
// it is everywhere.
void read_mode(YamlMap& map, FileSinkConfig& file) {
  const auto text = map.text("mode");
  if (!text) return;
  const bool octal =
      text->size() >= 3 && text->size() <= 4 &&
      std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '7'; });
  const std::uint32_t mode = octal ? static_cast<std::uint32_t>(std::stoul(*text, nullptr, 8)) : 0;
  if (!octal || mode > 0777 || (mode & 0200U) == 0) {
    map.complain(*map.node("mode"),
                 "'mode' must be permissions such as \"0640\" that let the owner write, this is '" +
                     *text + "'");
    return;
  }
  file.mode = mode;
}

FileSinkConfig read_file_sink(YamlMap& map) {
  FileSinkConfig file;
  if (const YamlNode* path = map.required("path")) {
    set(file.path, path->scalar == "-" ? map.text("path") : absolute_path(map, "path"));
  }
  set_choice(file.fsync, map, "fsync",
             {{"each", FileSinkConfig::Fsync::each},
              {"interval", FileSinkConfig::Fsync::interval},
              {"never", FileSinkConfig::Fsync::never}});
  set(file.fsync_interval,
      map.duration("fsync_interval", std::chrono::milliseconds(10), std::chrono::minutes(10)));
  if (const YamlNode* size = map.node("rotate_size"); size != nullptr && size->scalar != "0") {
    set(file.rotate_size, map.size("rotate_size", 64ULL << 10U));
  }
  set(file.rotate_keep, map.integer("rotate_keep", 1, 1000));
  read_mode(map, file);
  return file;
}

void read_target(YamlMap& map, const std::string& type, const Report& report, SinkConfig& sink) {
  if (type == "file") sink.target = read_file_sink(map);
  if (type == "syslog") sink.target = read_syslog(map);
  if (type == "webhook") sink.target = read_webhook(map, report);
}

void read_common(YamlMap& map, const Report& report, SinkConfig& sink) {
  sink.name = read_name(map);
  set_choice(sink.level, map, "level",
             {{"informational", Level::informational},
              {"low", Level::low},
              {"medium", Level::medium},
              {"high", Level::high},
              {"critical", Level::critical}});
  sink.rules = map.texts("rules");
  sink.phases = read_phases(map);
  sink.heartbeat = map.duration("heartbeat", std::chrono::seconds(1), std::chrono::days(1));
  if (const YamlNode* retry = map.node("retry")) {
    sink.retry = read_retry(YamlMap(*retry, report.file, report.problems, "'retry'"));
  }
}

// Complains when `value` was used before, in the line that `lines` remembers.
void refuse_second(YamlMap& map, std::string_view key, const std::string& value,
                   std::map<std::string, int>& lines) {
  if (value.empty()) return;
  const YamlNode& at = *map.node(key);
  const auto [first, is_new] = lines.emplace(value, at.line);
  if (is_new) return;
  map.complain(at, "another sink has this '" + std::string(key) + "', see line " +
                       std::to_string(first->second));
}

}  // namespace

std::vector<SinkConfig> read_sinks(const YamlNode& list, const Report& report) {
  std::vector<SinkConfig> sinks;
  if (!is_list(list, "sinks", report)) return sinks;
  std::map<std::string, int> names;
  std::map<std::string, int> paths;
  for (const YamlNode& item : list.items) {
    YamlMap map(item, report.file, report.problems, "a sink");
    SinkConfig sink;
    read_common(map, report, sink);
    refuse_second(map, "name", sink.name, names);
    (void)map.required("type");
    const std::string type = map.choice("type", {"file", "syslog", "webhook"}).value_or("");
    read_target(map, type, report, sink);
    if (const auto* file = std::get_if<FileSinkConfig>(&sink.target); file != nullptr) {
      refuse_second(map, "path", file->path, paths);
    }
    refuse_keys_of_other_types(map, item, type, report);
    map.refuse_unknown_keys();
    sinks.push_back(std::move(sink));
  }
  return sinks;
}

}  // namespace nodeportd
