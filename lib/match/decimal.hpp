#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nodeportd {

// A decimal number of any length, compared exactly: `4.03e2` is 403, and 30 digits are 30 digits.
class Decimal {
 public:
  // `-12`, `0.5`, `4.03e2`: what JSON takes for a number. nullopt for anything else, and for an
  // exponent of more than 15 digits.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);

  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) = default;

 private:
  // 0.DIGITS * 10^magnitude; no digits at all for zero, which has no sign either.
  std::string digits_;  // without zeros at its ends
  std::int64_t magnitude_ = 0;
  bool negative_ = false;
};

}  // namespace nodeportd
