#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/problem.hpp"
#include "base/yaml.hpp"
#include "match/detection.hpp"

namespace nodeportd {

// Of regular expressions in instructions, each of some 10 bytes: `.{1000}` has thousands.
constexpr std::size_t kRegexSizeMax = 100'000;  // of a detection
constexpr std::string_view kRegexExcess =
    "the regular expressions of this detection are too large together";
[[nodiscard]] std::size_t regex_size_of(const DetectionItem& item);

// Compiles `field|modifiers: values`. Whatever cannot be honoured exactly is a problem with its
// place, and nullopt.
[[nodiscard]] std::optional<DetectionItem> load_item(const YamlEntry& entry,
                                                     const std::string& file, Problems& problems);

// Compiles one keyword: text that is looked for in the whole event.
[[nodiscard]] std::optional<DetectionItem> load_keyword(const YamlNode& value,
                                                        const std::string& file,
                                                        Problems& problems);

}  // namespace nodeportd
