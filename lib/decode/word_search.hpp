#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/letter_filter.hpp"

namespace nodeportd {

// Finds words in a text, all of them in one pass and whatever their case: a filter passes over most
// of the text, and where it does not the words are compared. Allocates nothing once it is made.
// Safe from any number of threads.
class WordSearch {
 public:
  static constexpr std::size_t kLengthMin = 4;
  enum class Filter : std::uint8_t { nibbles, samples };

  WordSearch() = default;
  // Each word is of kLengthMin or more lower-case ASCII letters.
  explicit WordSearch(std::vector<std::string> words);
  WordSearch(std::vector<std::string> words, Filter filter);

  // Calls `found(i)` where word i stands in the text, in no certain order, until it returns true.
  // Whether it did.
  template <typename Found>
  bool each(std::string_view text, Found found) const {
    return filter_ == Filter::nibbles ? each(nibbles_, text, found) : each(samples_, text, found);
  }

 private:
  // A gram by which a word is found.
  struct Anchor {
    Gram gram = 0;
    std::uint16_t word = 0;
    std::uint16_t offset = 0;  // in the word
  };

  [[nodiscard]] static Filter best_for(std::size_t words);

  void anchor_nibbles();
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
  Filter filter_ = Filter::samples;
  NibbleFilter nibbles_;
  SampleFilter samples_;
};

}  // namespace nodeportd
