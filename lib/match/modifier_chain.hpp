#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "match/glob.hpp"
#include "match/value_test.hpp"

namespace nodeportd {

// What a modifier does to text, in the order in which they are written.
enum class TextStep : std::uint8_t {
  startswith,
  endswith,
  contains,
  windash,
  base64,
  base64offset,
  utf16le,
  utf16be,
  utf16,
};

// `field|modifier|modifier`, the key of a detection item, understood.
struct ModifierChain {
  enum class Type : std::uint8_t { text, regex, number, time, network, exists, field };

  std::string field;  // empty: keywords
  Type type = Type::text;
  std::vector<TextStep> steps;  // of text, or the part of another field that is meant
  Case letters = Case::ignored;
  bool all = false;
  bool negated = false;
  Comparison comparison = Comparison::equal;
  TimePart part = TimePart::hour;
  bool regex_ignores_case = false;
  std::string regex_flags;  // of `m` and `s`

  // An unknown modifier, or one that cannot stand where it does, is an error that names it.
  [[nodiscard]] static Result<ModifierChain> parse(std::string_view key);
};

}  // namespace nodeportd
