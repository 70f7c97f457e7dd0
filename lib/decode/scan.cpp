#include "decode/scan.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace nodeportd {
namespace {

constexpr std::size_t kBits = 64;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_usable(const std::string& word) {
  return word.size() >= WordSearch::kLengthMin && std::all_of(word.begin(), word.end(), is_letter);
}

std::string folded(std::string word) {
  for (char& c : word) c = static_cast<char>(c | 0x20);
  return word;
}

// What contains a word that is enough by itself is found with that one.
bool is_covered(const std::string& word, const std::vector<std::string>& enough) {
  return std::any_of(enough.begin(), enough.end(), [&](const std::string& shorter) {
    return shorter != word && word.find(shorter) != std::string::npos;
  });
}

}  // namespace

Scan::Scan(const std::vector<Literals>& rules) {
  Alternatives all;
  for (const Literals& alternatives : rules) {
    passes_all_ = passes_all_ || alternatives.empty();
    for (const Words& words : alternatives) add(words, all);
  }
  std::vector<std::string> enough;
  for (const auto& [word, others] : all) {
    if (is_enough(others)) enough.push_back(word);
  }
  std::vector<std::string> words;
  for (const auto& [word, others] : all) {
    if (is_enough(others) || is_covered(word, enough)) continue;
    if (rests_.size() == kBits) {
      enough.push_back(word);  // to let more pass is sound
      continue;
    }
    words.push_back(word);
    rests_.push_back(rest_of(others));
  }
  std::copy_if(enough.begin(), enough.end(), std::back_inserter(words),
               [&](const std::string& word) { return !is_covered(word, enough); });
  is_empty_ = words.empty();
  passes_all_ = passes_all_ || words.size() >= WordSearch::kEscape;  // more than have a number
  first_words_ = WordSearch(std::move(words), WordSearch::Escapes::found);
}

void Scan::add(const Words& words, Alternatives& all) {
  if (words.empty() || !std::all_of(words.begin(), words.end(), is_usable)) {
    passes_all_ = true;
    return;
  }
  std::vector<Words>& others = all[folded(words.front())];
  Words& rest = others.emplace_back();
  for (std::size_t i = 1; i < words.size(); ++i) rest.push_back(folded(words[i]));
}

bool Scan::is_enough(const std::vector<Words>& others) {
  std::set<std::string> distinct;
  for (const Words& words : others) {
    if (words.empty()) return true;
    distinct.insert(words.begin(), words.end());
  }
  return distinct.size() > kBits;  // too many to ask for
}

Scan::Rest Scan::rest_of(const std::vector<Words>& others) {
  Rest rest;
  std::vector<std::string> words;
  for (const Words& each : others) {
    std::uint64_t& set = rest.sets.emplace_back(0);
    for (const std::string& word : each) {
      const auto at = std::find(words.begin(), words.end(), word);
      set |= std::uint64_t{1} << static_cast<std::size_t>(at - words.begin());
      if (at == words.end()) words.push_back(word);
    }
  }
  rest.search = WordSearch(std::move(words), WordSearch::Escapes::ignored);
  return rest;
}

bool Scan::holds(std::string_view record, const Rest& rest) {
  std::uint64_t seen = 0;
  return rest.search.each(record, [&](std::size_t word) {
    seen |= std::uint64_t{1} << word;
    return std::any_of(rest.sets.begin(), rest.sets.end(),
                       [seen](std::uint64_t set) { return (seen & set) == set; });
  });
}

bool Scan::may_match(std::string_view record) const {
  if (passes_all_) return true;
  if (is_empty_) return false;
  std::uint64_t asked = 0;  // for each of rests_, once
  return first_words_.each(record, [&](std::size_t word) {
    if (word >= rests_.size()) return true;
    const std::uint64_t bit = std::uint64_t{1} << word;
    if ((asked & bit) != 0) return false;
    asked |= bit;
    return holds(record, rests_[word]);
  });
}

}  // namespace nodeportd
