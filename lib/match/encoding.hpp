#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nodeportd {

[[nodiscard]] std::string to_base64(std::string_view bytes);

// What of `bytes` can be recognised in a base64 text that holds it behind 0, 1 or 2 bytes (modulo
// 3): the digits that depend on `bytes` alone. Empty where `bytes` is too short to fill a digit.
[[nodiscard]] std::array<std::string, 3> to_base64_offsets(std::string_view bytes);

enum class Utf16 : std::uint8_t { little_endian, big_endian, with_mark };  // mark: FF FE, then LE

// `text` is UTF-8; a byte that is not becomes U+FFFD.
[[nodiscard]] std::string to_utf16(std::string_view text, Utf16 form);

}  // namespace nodeportd
