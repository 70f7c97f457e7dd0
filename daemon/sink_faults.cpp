#include "daemon/sink_faults.hpp"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <variant>

#include "base/text.hpp"
#include "model/rule.hpp"

namespace nodeportd {
namespace {

// All that a sink's `rules` may name: see route().
std::vector<std::string_view> names_of_rules(const std::vector<CompiledRule>& rules) {
  std::vector<std::string_view> names;
  const auto add = [&](const Rule& rule) {
    names.emplace_back(rule.id);
    names.emplace_back(rule.name);
    names.insert(names.end(), rule.tags.begin(), rule.tags.end());
  };
  for (const CompiledRule& each : rules) add(each.rule);
  add(builtin::line_uninspectable());
  add(builtin::groups_truncated());
  for (const std::string_view notice : builtin::notice_names()) add(*builtin::find(notice));
  add(*builtin::find("heartbeat"));
  add(*builtin::find("test"));
  return names;
}

const YamlNode& sink_node(const LoadedConfig& loaded, std::size_t sink) {
  return loaded.expanded.find("sinks")->items[sink];
}

bool is_same_file(const struct stat& one, const char* other) {
  struct stat status{};
  return ::stat(other, &status) == 0 && status.st_dev == one.st_dev && status.st_ino == one.st_ino;
}

// Whether a log of `pattern` is that file.
bool leads_to(const std::string& pattern, const struct stat& file) {
  glob_t found{};
  const bool is_one = ::glob(pattern.c_str(), 0, nullptr, &found) == 0 &&
                      std::any_of(found.gl_pathv, found.gl_pathv + found.gl_pathc,
                                  [&](const char* log) { return is_same_file(file, log); });
  ::globfree(&found);
  return is_one;
}

}  // namespace

void find_unknown_rules(const LoadedConfig& loaded, const std::string& file,
                        const std::vector<CompiledRule>& rules, Problems& problems) {
  const std::vector<std::string_view> known = names_of_rules(rules);
  for (std::size_t i = 0; i < loaded.config.sinks.size(); ++i) {
    const std::vector<std::string>& named = loaded.config.sinks[i].rules;
    if (named.empty()) continue;
    const YamlNode& node = *sink_node(loaded, i).find("rules");
    for (std::size_t j = 0; j < named.size(); ++j) {
      if (std::find(known.begin(), known.end(), named[j]) != known.end()) continue;
      const YamlNode& at = node.is_sequence() ? node.items[j] : node;
      problems.push_back(
          {{file, at.line, at.column},
           "no rule has the id, title or tag '" + named[j] + "'" + did_you_mean(named[j], known)});
    }
  }
}

void find_linked_logs(const LoadedConfig& loaded, const std::string& file, Problems& problems) {
  const Config& config = loaded.config;
  for (std::size_t i = 0; i < config.sinks.size(); ++i) {
    const auto* sink = std::get_if<FileSinkConfig>(&config.sinks[i].target);
    struct stat status{};
    if (sink == nullptr || ::stat(sink->path.c_str(), &status) != 0) continue;
    const auto followed = std::find_if(
        config.sources.begin(), config.sources.end(),
        [&](const SourceConfig& source) { return leads_to(source.audit_log, status); });
    if (followed == config.sources.end()) continue;
    const YamlNode& at = *sink_node(loaded, i).find("path");
    problems.push_back({{file, at.line, at.column}, followed_log(followed->audit_log)});
  }
}

}  // namespace nodeportd
