#include "config/substitute.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

namespace nodeportd {
namespace {

struct Variable {
  std::string name;
  std::optional<std::string> fallback;
};

bool may_begin_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// What stands between `${` and `}`, or nullopt when that is no variable.
std::optional<Variable> parse_variable(std::string_view inside) {
  std::size_t size = 0;
  while (size < inside.size() && (may_begin_name(inside[size]) ||
                                  (size > 0 && inside[size] >= '0' && inside[size] <= '9'))) {
    ++size;
  }
  if (size == 0) return std::nullopt;
  Variable variable{std::string(inside.substr(0, size)), std::nullopt};
  const std::string_view rest = inside.substr(size);
  if (rest.starts_with(":-")) {
    variable.fallback = std::string(rest.substr(2));
  } else if (!rest.empty()) {
    return std::nullopt;
  }
  return variable;
}

// The expanded text; what is wrong goes to `complain`.
template <typename Complain>
std::string expand(std::string_view text, const Environment& environment, Complain complain) {
  std::string expanded;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("$$")) {
      expanded += '$';
      at += 2;
      continue;
    }
    if (!rest.starts_with("${")) {
      expanded += text[at++];
      continue;
    }
    const std::size_t end = rest.find('}');
    const auto variable =
        end == std::string_view::npos ? std::nullopt : parse_variable(rest.substr(2, end - 2));
    if (!variable) {
      complain(
          "'${' begins no variable here: write ${NAME} or ${NAME:-default}, or $${ for the "
          "text itself");
      return expanded;
    }
    std::optional<std::string> value = environment(variable->name);
    if (variable->fallback && value.value_or("").empty()) value = variable->fallback;
    if (!value) complain("the variable " + variable->name + " is not set and has no default");
    expanded += value.value_or("");
    at += end + 1;
  }
  return expanded;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

void substitute(YamlNode& node, const std::string& file, const Environment& environment,
                Problems& problems) {
  if (node.is_scalar()) {
    node.scalar = expand(node.scalar, environment, [&](std::string text) {
      problems.push_back({{file, node.line, node.column}, std::move(text)});
    });
  }
  for (YamlNode& item : node.items) substitute(item, file, environment, problems);
  for (YamlEntry& entry : node.entries) substitute(entry.value, file, environment, problems);
}

}  // namespace nodeportd
