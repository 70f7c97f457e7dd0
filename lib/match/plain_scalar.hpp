#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/problem.hpp"
#include "base/yaml.hpp"
#include "match/decimal.hpp"

namespace nodeportd {

// How YAML's core schema reads a scalar. What is in quotes or a block is text.
enum class Plain : std::uint8_t { text, number, boolean };
[[nodiscard]] Plain plain_kind(const YamlNode& value);

[[nodiscard]] std::optional<Decimal> number_of(const YamlNode& value);

// What some readers of YAML take for a number and others for text: `0x17`, `10.`, `.5`, `.inf`.
[[nodiscard]] bool is_ambiguous(const YamlNode& value);
// The complaint about such a one.
[[nodiscard]] std::string ambiguity_of(const YamlNode& value);

// The node as JSON on one line.
[[nodiscard]] std::string to_json(const YamlNode& node);

// A problem for each scalar of the node that is ambiguous.
void refuse_ambiguous(const YamlNode& node, const std::string& file, Problems& problems);

}  // namespace nodeportd
