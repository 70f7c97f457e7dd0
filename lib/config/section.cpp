#include "config/section.hpp"

#include <charconv>

namespace nodeportd {

std::optional<std::string> absolute_path(YamlMap& map, std::string_view key) {
  auto path = map.text(key);
  if (!path || path->starts_with('/')) return path;
  map.complain(*map.node(key),
               "'" + std::string(key) + "' must be an absolute path, this is '" + *path + "'");
  return std::nullopt;
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.find_first_of(":/[] ") != std::string_view::npos)) {
    return std::nullopt;
  }
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0) return std::nullopt;
  return HostPort{std::string(host), number};
}

bool is_list(const YamlNode& node, std::string_view key, const Report& report) {
  if (node.is_sequence()) return true;
  report.problems.push_back(
      {{report.file, node.line, node.column},
       "'" + std::string(key) + "' must be a list, this is " + std::string(node.kind_name())});
  return false;
}

}  // namespace nodeportd
