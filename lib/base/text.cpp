#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace nodeportd {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_plain(char c) {
  return c >= ' ' && c < '\x7F';
}

// The bytes of the front that are printable ASCII, eight at a time: what an alert consists of, all
// but a few bytes. A sum carries into its neighbour only from a byte that is caught itself.
std::size_t plain_size(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::size_t size = 0;
  for (; size + sizeof kEach <= text.size(); size += sizeof kEach) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + size, sizeof bytes);
    const std::uint64_t above = bytes | (bytes + kEach);             // 0x7F and more
    const std::uint64_t below = bytes - kEach * std::uint64_t{' '};  // less than a space
    if (((above | below) & (kEach * 0x80U)) != 0) break;
  }
  while (size < text.size() && is_plain(text[size])) ++size;
  return size;
}

// Of insertions, deletions, replacements and swaps of two neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> above2(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    above2.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], above2[j - 2] + 1);
      }
    }
  }
  return row.back();
}

}  // namespace

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
CodePoint decode_front(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return {first, 1};
  std::size_t size = 0;
  std::uint32_t value = 0;
  std::uint32_t least = 0;
  if ((first & 0xE0U) == 0xC0) {
    size = 2, value = first & 0x1FU, least = 0x80;
  } else if ((first & 0xF0U) == 0xE0) {
    size = 3, value = first & 0x0FU, least = 0x800;
  } else if ((first & 0xF8U) == 0xF0) {
    size = 4, value = first & 0x07U, least = 0x10000;
  }
  if (size == 0 || text.size() < size) return {};
  for (std::size_t i = 1; i < size; ++i) {
    const unsigned next = byte_at(text, i);
    if ((next & 0xC0U) != 0x80) return {};
    value = (value << 6U) | (next & 0x3FU);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, size};
}

bool is_hidden(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) ||  // C0, DEL, C1
         c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) ||  // bidirectional marks, overrides and isolates
         c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = decode_front(text);
    if (c.size == 0) {
      safe += fmt::format("\\x{:02x}", byte_at(text, 0));
    } else if (is_hidden(c.value)) {
      safe += c.value < 0x80 ? fmt::format("\\x{:02x}", c.value)
                             : fmt::format("\\u{{{:04x}}}", c.value);
    } else {
      safe += text.substr(0, c.size);
    }
    text.remove_prefix(std::max<std::size_t>(c.size, 1));
  }
  return safe;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    if (const std::size_t plain = plain_size(text); plain > 0) {
      valid += text.substr(0, plain);
      text.remove_prefix(plain);
      continue;
    }
    const CodePoint c = decode_front(text);
    valid += c.size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, c.size);
    text.remove_prefix(std::max<std::size_t>(c.size, 1));
  }
  return valid;
}

// All of them lie in the plane that one `\uNNNN` reaches.
std::string escape_hidden(std::string_view json) {
  std::string safe;
  safe.reserve(json.size());
  while (!json.empty()) {
    if (const std::size_t plain = plain_size(json); plain > 0) {
      safe += json.substr(0, plain);
      json.remove_prefix(plain);
      continue;
    }
    const CodePoint c = decode_front(json);
    if (is_hidden(c.value)) {
      safe += fmt::format("\\u{:04X}", c.value);
    } else {
      safe += json.substr(0, c.size);
    }
    json.remove_prefix(std::max<std::size_t>(c.size, 1));
  }
  return safe;
}

std::string shorten(std::string_view text, std::size_t bytes_max) {
  static constexpr std::string_view kEllipsis = "…";
  if (text.size() <= bytes_max) return std::string(text);
  const bool room = bytes_max >= kEllipsis.size();
  std::size_t size = room ? bytes_max - kEllipsis.size() : bytes_max;
  while (size > 0 && (byte_at(text, size) & 0xC0U) == 0x80) --size;
  std::string cut(text.substr(0, size));
  if (room) cut += kEllipsis;
  return cut;
}

// Nearly all texts are short and plain: one copy, and not two.
std::string bounded_utf8(std::string_view text, std::size_t bytes_max) {
  const bool is_whole = text.size() <= bytes_max && plain_size(text) == text.size();
  return is_whole ? std::string(text) : shorten(valid_utf8(text), bytes_max);
}

// printable() makes nothing shorter, and no sequence has more than four bytes: what lies behind
// them would be cut in any case, however long it is.
std::string bounded_printable(std::string_view text, std::size_t bytes_max) {
  return shorten(printable(text.substr(0, bytes_max + 4)), bytes_max);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view each : known) {
    if (each.size() > word.size() + best_distance) continue;
    const std::size_t distance = edit_distance(word, each);
    if (distance < best_distance) {
      best_distance = distance;
      best = each;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view meant = nearest(word, known);
  return meant.empty() ? "" : fmt::format(": did you mean '{}'?", meant);
}

}  // namespace nodeportd
