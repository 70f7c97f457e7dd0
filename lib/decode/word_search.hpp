#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/letter_filter.hpp"

namespace nodeportd {

// Finds words in a text, all of them in one pass and whatever their case: a filter passes over most
// of the text, and where it does not the words are compared. Allocates nothing once it is made.
// Safe from any number of threads.
//
// And it finds where a word may hide, if that is asked for: a JSON escape of a letter. `\u0041` to
// `\u007a` stand for one: the apiserver's encoder never writes them, but a patch body reaches the
// log as its client wrote it. Where a carrier wraps such a body's text, each character of the
// escape may be one again: the backslash and the `u` in the same range, and a digit, `\u0030` to
// `\u0039`.
// `\u0026`, which is in half of all request URIs, is none.
class WordSearch {
 public:
  static constexpr std::size_t kLengthMin = 4;
  // So many are found at the speed of memory, where the processor can. More would leave too few
  // places that no set of grams claims.
  static constexpr std::size_t kFew = 2 * (NibbleFilter::kSets - 1);
  enum class Escapes : std::uint8_t { ignored, found };
  enum class Filter : std::uint8_t { nibbles, samples };

  WordSearch() = default;
  // Each word is of kLengthMin or more lower-case ASCII letters.
  // `filter`: nullopt for the fastest.
  WordSearch(std::vector<std::string> words, Escapes escapes,
             std::optional<Filter> filter = std::nullopt);

  // Calls `found(i)` where word i stands in the text, and `found(kEscape)` where an escape does, in
  // no certain order, until it returns true. Whether it did.
  static constexpr std::uint16_t kEscape = 0xFFFF;
  template <typename Found>
  bool each(std::string_view text, Found found) const {
    if (filter_ == Filter::nibbles) return each(nibbles_, text, found);
    return each(samples_, text, found) ||
           (escapes_ == Escapes::found && has_escape(text) && found(std::size_t{kEscape}));
  }

 private:
  // A gram by which a word is found.
  struct Anchor {
    Gram gram = 0;
    std::uint16_t word = 0;
    std::uint16_t offset = 0;  // in the word
  };

  [[nodiscard]] static Filter best_for(std::size_t words);
  [[nodiscard]] static bool has_escape(std::string_view text);

  void anchor_nibbles();
  void anchor_escapes();
  void anchor_samples();
  [[nodiscard]] bool stands(const Anchor& anchor, std::string_view text, std::size_t at) const;

  template <typename Letters, typename Found>
  bool each(const Letters& letters, std::string_view text, Found& found) const {
    for (std::size_t at = letters.next(text, 0); at + kGramLength <= text.size();
         at = letters.next(text, at + letters.stride())) {
      const Gram gram = gram_at(text.data() + at);
      auto anchor = std::lower_bound(anchors_.begin(), anchors_.end(), gram,
                                     [](const Anchor& a, Gram b) { return a.gram < b; });
      for (; anchor != anchors_.end() && anchor->gram == gram; ++anchor) {
        if (stands(*anchor, text, at) && found(std::size_t{anchor->word})) return true;
      }
    }
    return false;
  }

  std::vector<std::string> words_;
  std::vector<Anchor> anchors_;  // sorted by gram
  Escapes escapes_ = Escapes::ignored;
  Filter filter_ = Filter::samples;
  NibbleFilter nibbles_;
  SampleFilter samples_;
};

}  // namespace nodeportd
