#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "decode/word_search.hpp"
#include "model/literals.hpp"

namespace nodeportd {

// Finds the few records that can match a rule, at near memory speed and without allocating.
// SOUND: a record that it drops can match no rule. Safe from any number of threads.
class Scan {
 public:
  // A rule without literals (or with one that is too short or not of letters) may match anything,
  // so then every record passes.
  // `besides`, of each rule or of none: words that a record must hold in any case. Where many rules
  // have each a word of its own, one that they share is sought in their place.
  explicit Scan(const std::vector<Literals>& rules, const std::vector<Words>& besides = {});

  [[nodiscard]] bool may_match(std::string_view record) const;

 private:
  // A bit for each word of a search.
  using WordSet = std::bitset<256>;
  // What else a record must hold, beside a word that it holds: all words of one of the sets.
  struct Rest {
    WordSearch search;
    std::vector<WordSet> sets;
  };
  struct Alternative {
    Words words;    // the first is sought, the others where it stands
    Words besides;  // any of these may be sought before
  };
  // By the first word of each alternative: the others. An empty list: the first is enough.
  using Alternatives = std::map<std::string, std::vector<Words>>;

  static void share_first_words(std::vector<Alternative>& all);
  [[nodiscard]] static bool is_enough(const std::vector<Words>& others);
  [[nodiscard]] static Rest rest_of(const std::vector<Words>& others);
  [[nodiscard]] static bool holds(std::string_view record, const Rest& rest);

  bool passes_all_ = false;
  bool is_empty_ = true;
  WordSearch first_words_;
  std::vector<Rest> rests_;  // of the first words that are not enough, which come first
};

}  // namespace nodeportd
