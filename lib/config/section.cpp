#include "config/section.hpp"

namespace nodeportd {

std::optional<std::string> absolute_path(YamlMap& map, std::string_view key) {
  auto path = map.text(key);
  if (!path || path->starts_with('/')) return path;
  map.complain(*map.node(key),
               "'" + std::string(key) + "' must be an absolute path, this is '" + *path + "'");
  return std::nullopt;
}

bool is_list(const YamlNode& node, std::string_view key, const Report& report) {
  if (node.is_sequence()) return true;
  report.problems.push_back(
      {{report.file, node.line, node.column},
       "'" + std::string(key) + "' must be a list, this is " + std::string(node.kind_name())});
  return false;
}

}  // namespace nodeportd
