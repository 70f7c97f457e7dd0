#include "decode/mend.hpp"

#include <cstring>
#include <string_view>

namespace nodeportd {
namespace {

constexpr std::size_t kEscapeSize = 6;             // of `\uXXXX`
constexpr std::string_view kReplacement = "fffd";  // U+FFFD in such an escape

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The UTF-16 unit that the escape at `text` stands for; -1 when there is none.
int escaped_unit(const char* text, std::size_t size) {
  if (size < kEscapeSize || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (std::size_t i = 2; i < kEscapeSize; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool is_high_surrogate(int unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(int unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

std::size_t skip_digits(const char* text, std::size_t size, std::size_t i) {
  while (i < size && is_digit(text[i])) ++i;
  return i;
}

// The end of the string whose opening quote is at `i`.
std::size_t skip_string(const char* text, std::size_t size, std::size_t i) {
  for (++i; i < size && text[i] != '"'; ++i) {
    if (text[i] == '\\') ++i;
  }
  return i + 1;
}

}  // namespace

void mend_surrogates(char* text, std::size_t size) {
  char* const end = text + size;
  char* at = text;
  while (at < end) {
    const auto left = static_cast<std::size_t>(end - at);
    at = static_cast<char*>(std::memchr(at, '\\', left));
    if (at == nullptr) return;
    const auto rest = static_cast<std::size_t>(end - at);
    const int unit = escaped_unit(at, rest);
    const bool high = is_high_surrogate(unit);
    if (high && rest > kEscapeSize &&
        is_low_surrogate(escaped_unit(at + kEscapeSize, rest - kEscapeSize))) {
      at += 2 * kEscapeSize;
      continue;
    }
    if (high || is_low_surrogate(unit)) kReplacement.copy(at + 2, kReplacement.size());
    at += 2;
  }
}

std::size_t number_length(const char* text, std::size_t size) {
  std::size_t i = 0;
  if (i < size && text[i] == '-') ++i;
  if (i == size || !is_digit(text[i])) return 0;
  i = text[i] == '0' ? i + 1 : skip_digits(text, size, i);
  if (i < size && text[i] == '.') {
    const std::size_t fraction = i + 1;
    i = skip_digits(text, size, fraction);
    if (i == fraction) return 0;
  }
  if (i < size && (text[i] == 'e' || text[i] == 'E')) {
    std::size_t exponent = i + 1;
    if (exponent < size && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    i = skip_digits(text, size, exponent);
    if (i == exponent) return 0;
  }
  return i;
}

void blank_numbers(char* text, std::size_t size) {
  for (std::size_t i = 0; i < size;) {
    if (text[i] == '"') {
      i = skip_string(text, size, i);
      continue;
    }
    const std::size_t length = number_length(text + i, size - i);
    if (length > 0) {
      text[i] = '0';
      std::memset(text + i + 1, ' ', length - 1);
    }
    i += length > 0 ? length : 1;
  }
}

}  // namespace nodeportd
