#pragma once

#include <optional>
#include <string>

#include "base/problem.hpp"
#include "base/yaml.hpp"
#include "match/detection.hpp"

namespace nodeportd {

// Compiles a `detection`: selections and the condition over them. nullopt after a problem.
[[nodiscard]] std::optional<Detection> load_detection(const YamlNode& node, const std::string& file,
                                                      Problems& problems);

// Compiles what stands under one search identifier, to be a detection of its own.
[[nodiscard]] std::optional<Detection> load_selection(const YamlNode& node, const std::string& file,
                                                      Problems& problems);

}  // namespace nodeportd
