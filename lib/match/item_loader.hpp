#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/problem.hpp"
#include "base/yaml.hpp"
#include "match/detection.hpp"

namespace nodeportd {

// Compiles `field|modifiers: values`. Whatever cannot be honoured exactly is a problem with its
// place, and nullopt.
[[nodiscard]] std::optional<DetectionItem> load_item(const YamlEntry& entry,
                                                     const std::string& file, Problems& problems);

// Compiles one keyword: text that is looked for in the whole event.
[[nodiscard]] std::optional<DetectionItem> load_keyword(const YamlNode& value,
                                                        const std::string& file,
                                                        Problems& problems);

}  // namespace nodeportd
