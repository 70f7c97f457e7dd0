#include "match/encoding.hpp"

#include "base/text.hpp"

namespace nodeportd {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void append_unit(std::string& bytes, std::uint32_t unit, Utf16 form) {
  const char high = static_cast<char>(unit >> 8U);
  const char low = static_cast<char>(unit & 0xFFU);
  bytes += form == Utf16::big_endian ? high : low;
  bytes += form == Utf16::big_endian ? low : high;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8U | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const std::uint32_t digit = bits >> (18 - 6 * k) & 0x3FU;
      text += k <= group.size() ? kDigits[digit] : '=';
    }
  }
  return text;
}

std::array<std::string, 3> to_base64_offsets(std::string_view bytes) {
  std::array<std::string, 3> texts;
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string text = to_base64(std::string(before, '\0') + std::string(bytes));
    // The first digits hold bits of the bytes before; the last ones, bits of those behind.
    const std::size_t from = (before * 8 + 5) / 6;
    const std::size_t to = (before + bytes.size()) * 8 / 6;
    if (from < to) texts[before] = text.substr(from, to - from);
  }
  return texts;
}

std::string to_utf16(std::string_view text, Utf16 form) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  std::string bytes;
  if (form == Utf16::with_mark) append_unit(bytes, 0xFEFF, form);
  while (!text.empty()) {
    CodePoint point = decode_front(text);
    if (point.size == 0) point = {kReplacement, 1};
    if (point.value < 0x10000) {
      append_unit(bytes, point.value, form);
    } else {
      append_unit(bytes, 0xD800 + ((point.value - 0x10000) >> 10U), form);
      append_unit(bytes, 0xDC00 + ((point.value - 0x10000) & 0x3FFU), form);
    }
    text.remove_prefix(point.size);
  }
  return bytes;
}

}  // namespace nodeportd
