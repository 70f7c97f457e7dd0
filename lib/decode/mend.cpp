#include "decode/mend.hpp"

#include <cstring>
#include <string_view>

#include "decode/json_token.hpp"

namespace nodeportd {
namespace {

constexpr std::string_view kReplacement = "fffd";  // U+FFFD in an escape

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
    if (high && rest > kUnitEscapeSize &&
        is_low_surrogate(escaped_unit(at + kUnitEscapeSize, rest - kUnitEscapeSize))) {
      at += 2 * kUnitEscapeSize;
      continue;
    }
    if (high || is_low_surrogate(unit)) kReplacement.copy(at + 2, kReplacement.size());
    at += 2;
  }
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
