#pragma once

#include <string>

#include "base/yaml_schema.hpp"

namespace nodeportd {

// A config that shows every key with its default and what it means. A key that has none stands
// behind `#` with an example; so do all types of sinks but the first.
[[nodiscard]] std::string commented_defaults(const YamlSchema& schema);

}  // namespace nodeportd
