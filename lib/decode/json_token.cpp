#include "decode/json_token.hpp"

#include <cstdint>

namespace nodeportd {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::size_t skip_digits(const char* text, std::size_t size, std::size_t i) {
  while (i < size && is_digit(text[i])) ++i;
  return i;
}

// What a backslash and `c` stand for; NUL where they are no such escape.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

struct EscapedCharacter {
  std::uint32_t point = 0;
  std::size_t size = 0;  // of the escape, or of two that are a pair; 0: malformed
};

EscapedCharacter escaped_character(const char* text, std::size_t size) {
  const int unit = escaped_unit(text, size);
  if (unit < 0 || is_low_surrogate(unit)) return {};
  if (!is_high_surrogate(unit)) return {static_cast<std::uint32_t>(unit), kUnitEscapeSize};
  const int low = escaped_unit(text + kUnitEscapeSize, size - kUnitEscapeSize);
  if (!is_low_surrogate(low)) return {};
  const int point = 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00);
  return {static_cast<std::uint32_t>(point), 2 * kUnitEscapeSize};
}

char* put_utf8(std::uint32_t point, char* to) {
  const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  const auto put_six_bits = [&](std::uint32_t shift) { put(0x80U | ((point >> shift) & 0x3FU)); };
  if (point < 0x80U) {
    put(point);
  } else if (point < 0x800U) {
    put(0xC0U | (point >> 6U));
  } else if (point < 0x10000U) {
    put(0xE0U | (point >> 12U));
    put_six_bits(6);
  } else {
    put(0xF0U | (point >> 18U));
    put_six_bits(12);
    put_six_bits(6);
  }
  if (point >= 0x80U) put_six_bits(0);
  return to;
}

}  // namespace

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

int escaped_unit(const char* text, std::size_t size) {
  if (size < kUnitEscapeSize || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (std::size_t i = 2; i < kUnitEscapeSize; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

std::optional<std::string_view> unescape(std::string_view content, char* room) {
  char* to = room;
  const char* at = content.data();
  const char* const end = at + content.size();
  while (at < end) {
    if (*at != '\\') {
      *to++ = *at++;
      continue;
    }
    const auto left = static_cast<std::size_t>(end - at);
    if (const char plain = left < 2 ? '\0' : short_escape(at[1]); plain != '\0') {
      *to++ = plain;
      at += 2;
      continue;
    }
    const EscapedCharacter escaped = escaped_character(at, left);
    if (escaped.size == 0) return std::nullopt;
    to = put_utf8(escaped.point, to);
    at += escaped.size;
  }
  return std::string_view(room, static_cast<std::size_t>(to - room));
}

}  // namespace nodeportd
