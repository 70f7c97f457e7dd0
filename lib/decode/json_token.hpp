#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace nodeportd {

// The two tokens of JSON that have a grammar of their own.

// The length of the well-formed number that `text` begins with; 0 when it is none.
[[nodiscard]] std::size_t number_length(const char* text, std::size_t size);

// The UTF-16 unit that the escape `\uXXXX` at `text` stands for; -1 when there is none.
[[nodiscard]] int escaped_unit(const char* text, std::size_t size);
constexpr std::size_t kUnitEscapeSize = 6;

[[nodiscard]] constexpr bool is_high_surrogate(int unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
[[nodiscard]] constexpr bool is_low_surrogate(int unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

// What the content of a string stands for, written to `room`: no longer than the content, since no
// escape is shorter than its character. nullopt where an escape is malformed, or is half a
// surrogate pair.
[[nodiscard]] std::optional<std::string_view> unescape(std::string_view content, char* room);

}  // namespace nodeportd
