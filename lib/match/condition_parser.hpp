#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "match/detection.hpp"

namespace nodeportd {

// What is wrong with a condition, and at which byte of it.
struct ConditionError {
  std::size_t at = 0;
  std::string text;
};

// How often a detection's conditions may name selections: `1 of them` names all, and what comes of
// that must not grow as the product of both.
constexpr std::size_t kUsesMax = 500;

// Parses `selection and not 1 of filter_*`. Words bind as the specification says: `or` least, then
// `and`, `not`, `1 of`; parentheses overrule. `any of` is `1 of`. `them` and patterns leave out
// names that begin with `_`, unless the pattern itself does.
[[nodiscard]] Result<Expression, ConditionError> parse_condition(
    std::string_view text, const std::vector<std::string_view>& selections);

}  // namespace nodeportd
