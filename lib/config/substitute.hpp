#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/yaml.hpp"

namespace nodeportd {

// Looks a variable up; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The variables of this process.
[[nodiscard]] Environment process_environment();

// Expands `${NAME}` and `${NAME:-default}` (the default also for a variable that is empty) in every
// value of the tree, never in a key; `$$` gives `$`. It works on the parsed tree, so that no
// variable's content can ever become YAML: what was one text stays one text. A variable that is
// not set and has no default is a problem, and so is `${` that begins no variable.
void substitute(YamlNode& node, const std::string& file, const Environment& environment,
                Problems& problems);

}  // namespace nodeportd
