#pragma once

#include <string>

#include "base/yaml.hpp"

namespace nodeportd {

// The tree as YAML, in blocks, ending in a newline. parse_yaml() makes the same tree of it: what
// was in quotes is in quotes, what was plain is plain unless it would be read as something else.
[[nodiscard]] std::string to_yaml(const YamlNode& node);

}  // namespace nodeportd
