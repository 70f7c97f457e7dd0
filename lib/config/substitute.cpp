#include "config/substitute.hpp"

#include <algorithm>
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

// The expanded text; what is wrong goes to `complain`, what the environment says to `bring`.
template <typename Complain, typename Bring>
std::string expand(std::string_view text, const Environment& environment, Complain complain,
                   Bring bring) {
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
    if (variable->fallback && value.value_or("").empty()) {
      value = variable->fallback;
    } else if (value) {
      bring(*value, rest.substr(0, end + 1));
    }
    if (!value) complain("the variable " + variable->name + " is not set and has no default");
    expanded += value.value_or("");
    at += end + 1;
  }
  return expanded;
}

class Substitution {
 public:
  Substitution(const std::string& file, const Environment& environment, Problems& problems)
      : file_(file), environment_(environment), problems_(problems) {}

  void expand_in(YamlNode& node) {
    if (node.is_scalar()) expand_scalar(node);
    for (YamlNode& item : node.items) expand_below(item);
    for (YamlEntry& entry : node.entries) expand_below(entry.value);
  }

  Expansions take_expansions() { return std::move(expansions_); }

 private:
  void expand_below(YamlNode& node) {
    places_.emplace_back(node.line, node.column);
    expand_in(node);
    places_.pop_back();
  }

  void expand_scalar(YamlNode& node) {
    const auto keep = [&](std::string_view value, std::string_view written) {
      if (value.empty()) return;
      expansions_.push_back({std::string(value), std::string(written), places_});
    };
    const std::size_t before = expansions_.size();
    std::string expanded = expand(
        node.scalar, environment_,
        [&](std::string text) {
          problems_.push_back({{file_, node.line, node.column}, std::move(text)});
        },
        keep);
    if (expansions_.size() > before) keep(expanded, node.scalar);
    node.scalar = std::move(expanded);
  }

  const std::string& file_;
  const Environment& environment_;
  Problems& problems_;
  std::vector<std::pair<int, int>> places_;  // of the nodes above, but for the root
  Expansions expansions_;
};

bool is_in_word(char c) {
  return may_begin_name(c) || (c >= '0' && c <= '9');
}

// Whether `value` stands at `at`, and not within a longer word: `5` is not shown by `50`.
bool stands_at(std::string_view text, std::size_t at, std::string_view value) {
  if (!text.substr(at).starts_with(value)) return false;
  const std::size_t end = at + value.size();
  return (at == 0 || !is_in_word(text[at - 1]) || !is_in_word(value.front())) &&
         (end == text.size() || !is_in_word(text[end]) || !is_in_word(value.back()));
}

std::string concealed(std::string_view text, const std::vector<const Expansion*>& expansions) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = std::find_if(
        expansions.begin(), expansions.end(),
        [&](const Expansion* expansion) { return stands_at(text, at, expansion->value); });
    if (found == expansions.end()) {
      shown += text[at++];
    } else {
      shown += (*found)->written;
      at += (*found)->value.size();
    }
  }
  return shown;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Expansions substitute(YamlNode& node, const std::string& file, const Environment& environment,
                      Problems& problems) {
  Substitution substitution(file, environment, problems);
  substitution.expand_in(node);
  return substitution.take_expansions();
}

void conceal(const Expansions& expansions, const std::string& file, Problems& problems) {
  if (expansions.empty()) return;
  for (Problem& problem : problems) {
    if (problem.place.file != file) continue;
    const std::pair place(problem.place.line, problem.place.column);
    std::vector<const Expansion*> near;
    for (const Expansion& expansion : expansions) {
      const auto& places = expansion.places;
      if (std::find(places.begin(), places.end(), place) != places.end()) {
        near.push_back(&expansion);
      }
    }
    // A value may begin another one: the whole of it is shown by neither.
    std::stable_sort(near.begin(), near.end(), [](const Expansion* a, const Expansion* b) {
      return a->value.size() > b->value.size();
    });
    problem.text = concealed(problem.text, near);
  }
}

}  // namespace nodeportd
