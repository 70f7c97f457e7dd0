#include "decode/scan.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace nodeportd {
namespace {

constexpr std::size_t kLiteralMin = 4;
// Letters of audit logs, the most frequent first.
constexpr std::string_view kByFrequency = "eatsiornucmpdlvhkgbfywxzjq";

// GCC's portable vectors: SSE2 on x86-64, NEON on arm64, both always there.
using Block = std::uint8_t __attribute__((vector_size(16)));
constexpr std::size_t kStride = 4 * sizeof(Block);

Block load(const char* from) {
  Block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// Whether any lane of a comparison holds.
template <typename Mask>
bool any(Mask lanes) {
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), &lanes, sizeof lanes);
  return (halves[0] | halves[1]) != 0;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Bit 0x20 is all that tells the cases of an ASCII letter apart; no other byte becomes one.
char fold(char c) {
  return static_cast<char>(c | 0x20);
}

// Calls `holds(k)` for the 64 positions from i on, until it holds, where `candidates` (a mask of
// the 16 positions from its argument on) says that one of them may. `span` is the pattern's size.
template <typename Candidates, typename Holds>
bool search(std::size_t size, std::size_t span, Candidates candidates, Holds holds) {
  if (size < span) return false;
  const std::size_t positions = size - span + 1;
  if (positions < kStride) {
    for (std::size_t i = 0; i < positions; ++i) {
      if (holds(i)) return true;
    }
    return false;
  }
  const std::size_t last = positions - kStride;
  for (std::size_t i = 0;; i = std::min(i + kStride, last)) {
    if (any((candidates(i) | candidates(i + 16)) | (candidates(i + 32) | candidates(i + 48)))) {
      for (std::size_t k = i; k < i + kStride; ++k) {
        if (holds(k)) return true;
      }
    }
    if (i == last) return false;
  }
}

// A JSON escape that stands for an ASCII letter: `\u0041` to `\u007a`. The apiserver's encoder
// never writes one, but a patch body reaches the log as its client wrote it. `\u0026`, which is in
// half of all request URIs, is none.
bool has_letter_escape(std::string_view record) {
  constexpr std::string_view kPrefix = "\\u00";
  constexpr std::size_t kSpan = kPrefix.size() + 1;
  const char* text = record.data();
  const auto is_high_digit = [](auto c) { return (c & 0xFC) == 0x34; };  // '4' to '7'
  return search(
      record.size(), kSpan,
      [&](std::size_t i) {
        return (load(text + i) == '\\') & is_high_digit(load(text + i + kPrefix.size()));
      },
      [&](std::size_t i) {
        return record.compare(i, kPrefix.size(), kPrefix) == 0 &&
               is_high_digit(text[i + kPrefix.size()]);
      });
}

}  // namespace

Scan::Scan(const std::vector<std::vector<std::string>>& rule_literals) {
  std::vector<std::string> texts;
  for (const auto& alternatives : rule_literals) {
    passes_all_ = passes_all_ || alternatives.empty();
    for (std::string text : alternatives) {
      const bool usable =
          text.size() >= kLiteralMin && std::all_of(text.begin(), text.end(), is_letter);
      passes_all_ = passes_all_ || !usable;
      std::transform(text.begin(), text.end(), text.begin(), fold);
      texts.push_back(std::move(text));
    }
  }
  // What contains another literal is found with that one.
  std::sort(texts.begin(), texts.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  for (std::string& text : texts) {
    const bool covered = std::any_of(
        literals_.begin(), literals_.end(),
        [&](const Literal& shorter) { return text.find(shorter.text) != std::string::npos; });
    if (!covered) literals_.push_back(prepare(std::move(text)));
  }
}

Scan::Literal Scan::prepare(std::string text) {
  Literal literal{std::move(text)};
  std::vector<std::size_t> order(literal.text.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto rarity = [&](std::size_t at) { return kByFrequency.find(literal.text[at]); };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return rarity(a) != rarity(b) ? rarity(a) > rarity(b) : a < b;
  });
  literal.rarest = order[0];
  literal.second = order[1];
  return literal;
}

bool Scan::contains(std::string_view record, const Literal& literal) {
  const char* rarest = record.data() + literal.rarest;
  const char* second = record.data() + literal.second;
  const auto a = static_cast<std::uint8_t>(literal.text[literal.rarest]);
  const auto b = static_cast<std::uint8_t>(literal.text[literal.second]);
  return search(
      record.size(), literal.text.size(),
      [&](std::size_t i) {
        return ((load(rarest + i) | 0x20) == a) & ((load(second + i) | 0x20) == b);
      },
      [&](std::size_t i) {
        const char* at = record.data() + i;
        return std::equal(literal.text.begin(), literal.text.end(), at,
                          [](char letter, char c) { return letter == fold(c); });
      });
}

bool Scan::may_match(std::string_view record) const {
  if (passes_all_) return true;
  if (literals_.empty()) return false;
  return std::any_of(literals_.begin(), literals_.end(),
                     [&](const Literal& literal) { return contains(record, literal); }) ||
         has_letter_escape(record);
}

}  // namespace nodeportd
