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

// A JSON escape behind which a letter can hide. `\u0041` to `\u007a` stand for one: the apiserver's
// encoder never writes them, but a patch body reaches the log as its client wrote it. And where a
// carrier wraps such a body's text, each character of the escape may be one again: the backslash
// and the `u` in the same range, and a digit, `\u0030` to `\u0039`. `\u0026`, which is in half of
// all request URIs, is none.
bool has_letter_escape(std::string_view record) {
  constexpr std::string_view kPrefix = "\\u00";
  constexpr std::size_t kSpan = kPrefix.size() + 2;
  const char* text = record.data();
  const auto is_within = [](char c, char least, char most) { return c >= least && c <= most; };
  return search(
      record.size(), kSpan,
      [&](std::size_t i) {
        const Block above = load(text + i + kPrefix.size()) - '3';  // less is far above
        return (load(text + i) == '\\') & (above <= '7' - '3');
      },
      [&](std::size_t i) {
        if (record.compare(i, kPrefix.size(), kPrefix) != 0) return false;
        const char* code = text + i + kPrefix.size();
        return is_within(code[0], '4', '7') || (code[0] == '3' && is_within(code[1], '0', '9'));
      });
}

bool is_usable(const std::string& word) {
  return word.size() >= kLiteralMin && std::all_of(word.begin(), word.end(), is_letter);
}

}  // namespace

Scan::Scan(const std::vector<Literals>& rules) {
  for (const Literals& alternatives : rules) {
    passes_all_ = passes_all_ || alternatives.empty();
    for (const Words& words : alternatives) add(words);
  }
  drop_covered();
}

void Scan::add(const Words& words) {
  if (words.empty() || !std::all_of(words.begin(), words.end(), is_usable)) {
    passes_all_ = true;
    return;
  }
  std::vector<Word> all;
  for (const std::string& word : words) all.push_back(prepare(word));
  auto same = std::find_if(searches_.begin(), searches_.end(), [&](const Search& search) {
    return search.first.text == all.front().text;
  });
  if (same == searches_.end()) same = searches_.insert(same, {all.front(), {}});
  same->others.emplace_back(all.begin() + 1, all.end());
}

// What contains a word that is enough by itself is found with that one.
void Scan::drop_covered() {
  const auto is_enough = [](const Search& search) {
    return std::any_of(search.others.begin(), search.others.end(),
                       [](const auto& words) { return words.empty(); });
  };
  std::vector<std::string> enough;
  for (const Search& search : searches_) {
    if (is_enough(search)) enough.push_back(search.first.text);
  }
  std::erase_if(searches_, [&](const Search& search) {
    return std::any_of(enough.begin(), enough.end(), [&](const std::string& text) {
      return text != search.first.text && search.first.text.find(text) != std::string::npos;
    });
  });
}

Scan::Word Scan::prepare(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), fold);
  Word word{std::move(text)};
  std::vector<std::size_t> order(word.text.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto rarity = [&](std::size_t at) { return kByFrequency.find(word.text[at]); };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return rarity(a) != rarity(b) ? rarity(a) > rarity(b) : a < b;
  });
  word.rarest = order[0];
  word.second = order[1];
  return word;
}

bool Scan::contains(std::string_view record, const Word& word) {
  const char* rarest = record.data() + word.rarest;
  const char* second = record.data() + word.second;
  const auto a = static_cast<std::uint8_t>(word.text[word.rarest]);
  const auto b = static_cast<std::uint8_t>(word.text[word.second]);
  return search(
      record.size(), word.text.size(),
      [&](std::size_t i) {
        return ((load(rarest + i) | 0x20) == a) & ((load(second + i) | 0x20) == b);
      },
      [&](std::size_t i) {
        const char* at = record.data() + i;
        return std::equal(word.text.begin(), word.text.end(), at,
                          [](char letter, char c) { return letter == fold(c); });
      });
}

bool Scan::finds(std::string_view record, const Search& search) {
  if (!contains(record, search.first)) return false;
  return std::any_of(search.others.begin(), search.others.end(), [&](const auto& words) {
    return std::all_of(words.begin(), words.end(),
                       [&](const Word& word) { return contains(record, word); });
  });
}

bool Scan::may_match(std::string_view record) const {
  if (passes_all_) return true;
  if (searches_.empty()) return false;
  return std::any_of(searches_.begin(), searches_.end(),
                     [&](const Search& search) { return finds(record, search); }) ||
         has_letter_escape(record);
}

}  // namespace nodeportd
