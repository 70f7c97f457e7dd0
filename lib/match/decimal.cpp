#include "match/decimal.hpp"

#include <charconv>

namespace nodeportd {
namespace {

constexpr std::size_t kExponentDigitsMax = 15;

std::string_view take_digits(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// What follows the `e`; takes all of the text.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
  const bool negative = text.starts_with('-');
  take(text, "+-");
  const std::string_view digits = take_digits(text);
  if (digits.empty() || digits.size() > kExponentDigitsMax) return std::nullopt;
  std::int64_t exponent = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  Decimal number;
  number.negative_ = take(text, "-");
  const std::string_view whole = take_digits(text);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return std::nullopt;
  std::string_view fraction;
  if (take(text, ".")) {
    fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
  }
  std::int64_t exponent = 0;
  if (take(text, "eE")) {
    const auto found = take_exponent(text);
    if (!found) return std::nullopt;
    exponent = *found;
  }
  if (!text.empty()) return std::nullopt;

  number.digits_.append(whole).append(fraction);
  const std::size_t zeros = std::min(number.digits_.find_first_not_of('0'), number.digits_.size());
  number.digits_.erase(0, zeros);
  number.digits_.erase(number.digits_.find_last_not_of('0') + 1);
  if (number.digits_.empty()) return Decimal();
  number.magnitude_ =
      static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(zeros) + exponent;
  return number;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& number) {
    return number.digits_.empty() ? 0 : (number.negative_ ? -1 : 1);
  };
  if (sign(a) != sign(b) || sign(a) == 0) return sign(a) <=> sign(b);
  // Digits stand behind the point, so their order as text is their order as a fraction.
  const auto size = a.magnitude_ != b.magnitude_ ? a.magnitude_ <=> b.magnitude_
                                                 : a.digits_.compare(b.digits_) <=> 0;
  return a.negative_ ? 0 <=> size : size;
}

}  // namespace nodeportd
