#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/yaml.hpp"

namespace nodeportd {

// Looks a variable up; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The variables of this process.
[[nodiscard]] Environment process_environment();

// What a variable has brought into a value.
struct Expansion {
  std::string value;
  std::string written;                      // in its place, as `${NAME}`
  std::vector<std::pair<int, int>> places;  // line and column of the value and of what it lies in
};
using Expansions = std::vector<Expansion>;

// Expands `${NAME}` and `${NAME:-default}` (the default also for a variable that is empty) in every
// value of the tree, never in a key; `$$` gives `$`. It works on the parsed tree, so that no
// variable's content can ever become YAML: what was one text stays one text. A variable that is
// not set and has no default is a problem, and so is `${` that begins no variable.
Expansions substitute(YamlNode& node, const std::string& file, const Environment& environment,
                      Problems& problems);

// A problem's text ends in logs, alerts and answers, and what a variable holds may be a secret in
// the wrong place: what the file says takes its place.
void conceal(const Expansions& expansions, const std::string& file, Problems& problems);

}  // namespace nodeportd
