#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nodeportd {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // bytes; 0: the first byte begins no valid UTF-8 sequence
};

// The code point at the front of `text`, which is not empty.
[[nodiscard]] CodePoint decode_front(std::string_view text);

// A control character, a bidirectional one, a line separator or a byte order mark: what a terminal
// acts on instead of showing it.
[[nodiscard]] bool is_hidden(std::uint32_t code_point);

// Text that a stranger wrote, made safe for a terminal, a log line or a table cell: control
// characters, bidirectional overrides and bytes that are not UTF-8 become `\xNN` or `\u{NNNN}`.
[[nodiscard]] std::string printable(std::string_view text);

// The same text with each byte that is not part of valid UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

// JSON on one line, of valid UTF-8, with the hidden characters that a JSON writer leaves in strings
// (DEL, C1, bidirectional ones, U+2028) as `\uNNNN`.
[[nodiscard]] std::string escape_hidden(std::string_view json);

// At most `bytes_max` bytes of `text`, never cutting a UTF-8 sequence; a cut text ends in `…` where
// there is room for it.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t bytes_max);

// Both: at most `bytes_max` bytes of valid UTF-8.
[[nodiscard]] std::string bounded_utf8(std::string_view text, std::size_t bytes_max);

// Both, too: at most `bytes_max` bytes of a stranger's text as it is safe to be shown.
[[nodiscard]] std::string bounded_printable(std::string_view text, std::size_t bytes_max);

// `1 log`, `2 logs`.
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

// The entry of `known` that `word` was probably meant to be (edit distance, a swap of two
// neighbours counted as one, of at most a third of its length), or empty.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> known);

// `: did you mean 'word'?`, the end of a complaint about a word that is unknown; empty where
// nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> known);

}  // namespace nodeportd
