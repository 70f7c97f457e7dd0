#include <map>

#include "base/units.hpp"
#include "config/section.hpp"

namespace nodeportd {
namespace {

void read_start_at(YamlMap& map, SourceConfig& source) {
  const auto text = map.text("start_at");
  if (!text) return;
  if (*text == "end") {
    source.start_at = SourceConfig::Start::end;
  } else if (*text == "beginning") {
    source.start_at = SourceConfig::Start::beginning;
  } else if (const auto back = parse_duration(*text)) {
    source.start_back = *back;
  } else {
    map.complain(
        *map.node("start_at"),
        "'start_at' must be end, beginning or a duration such as 1h, this is '" + *text + "'");
  }
}

std::string read_audit_log(YamlMap& map) {
  const YamlNode* node = map.required("audit_log");
  if (node == nullptr) return "";
  if (node->scalar == "-") {
    map.complain(*node, "'audit_log' cannot be standard input: `nodeportd replay -` reads that");
    return "";
  }
  auto path = absolute_path(map, "audit_log");
  if (path && path->ends_with('/')) {
    map.complain(*node, "'audit_log' must name a file, this is a folder: '" + *path + "'");
    return "";
  }
  return path.value_or("");
}

}  // namespace

std::vector<SourceConfig> read_sources(const YamlNode& list, const Report& report) {
  std::vector<SourceConfig> sources;
  if (!is_list(list, "sources", report)) return sources;
  std::map<std::string, int> lines;  // where each audit_log was named first
  for (const YamlNode& item : list.items) {
    YamlMap map(item, report.file, report.problems, "a source");
    SourceConfig source;
    source.audit_log = read_audit_log(map);
    if (!source.audit_log.empty()) {
      const YamlNode& at = *map.node("audit_log");
      const auto [first, is_new] = lines.emplace(source.audit_log, at.line);
      if (!is_new) {
        map.complain(
            at, "this audit_log is followed already, see line " + std::to_string(first->second));
      }
    }
    read_start_at(map, source);
    set(source.max_line, map.size("max_line", 64ULL << 10U, 256ULL << 20U));
    map.refuse_unknown_keys();
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace nodeportd
