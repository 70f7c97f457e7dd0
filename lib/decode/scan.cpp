#include "decode/scan.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace nodeportd {
namespace {

constexpr std::size_t kRestsMax = 64;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_usable(const std::string& word) {
  return word.size() >= WordSearch::kLengthMin && std::all_of(word.begin(), word.end(), is_letter);
}

Words folded(Words words) {
  for (std::string& word : words) {
    for (char& c : word) c = static_cast<char>(c | 0x20);
  }
  return words;
}

// What contains a word that is enough by itself is found with that one.
bool is_covered(const std::string& word, const std::vector<std::string>& enough) {
  return std::any_of(enough.begin(), enough.end(), [&](const std::string& shorter) {
    return shorter != word && word.find(shorter) != std::string::npos;
  });
}

}  // namespace

Scan::Scan(const std::vector<Literals>& rules, const std::vector<Words>& besides) {
  std::vector<Alternative> alternatives;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    passes_all_ = passes_all_ || rules[i].empty();
    for (const Words& words : rules[i]) {
      const bool is_sought = !words.empty() && std::all_of(words.begin(), words.end(), is_usable);
      passes_all_ = passes_all_ || !is_sought;
      if (!is_sought) continue;
      alternatives.push_back({folded(words), i < besides.size() ? folded(besides[i]) : Words()});
    }
  }
  share_first_words(alternatives);
  Alternatives all;
  for (const Alternative& each : alternatives) {
    all[each.words.front()].emplace_back(each.words.begin() + 1, each.words.end());
  }
  std::vector<std::string> enough;
  for (const auto& [word, others] : all) {
    if (is_enough(others)) enough.push_back(word);
  }
  std::vector<std::string> words;
  for (const auto& [word, others] : all) {
    if (is_enough(others) || is_covered(word, enough)) continue;
    if (rests_.size() == kRestsMax) {
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

// More than a few words in one pass cost more each: then a word that many alternatives need is
// sought in place of one of each, and theirs only where it stands.
void Scan::share_first_words(std::vector<Alternative>& all) {
  const auto has_few = [&all] {
    std::set<std::string> first;
    for (const Alternative& each : all) first.insert(each.words.front());
    return first.size() <= WordSearch::kFew;
  };
  std::vector<Alternative*> apart;  // that share none yet
  for (Alternative& each : all) apart.push_back(&each);
  for (std::size_t shared = 0; shared < kRestsMax && !has_few(); ++shared) {
    std::map<std::string, std::size_t> needed_by;
    for (const Alternative* each : apart) {
      for (const std::string& word : each->besides) {
        if (is_usable(word)) ++needed_by[word];
      }
    }
    // Of two that as many need the longer one is rarer.
    const auto most =
        std::max_element(needed_by.begin(), needed_by.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second, a.first.size()) < std::pair(b.second, b.first.size());
        });
    if (most == needed_by.end() || most->second <= 1) return;
    std::erase_if(apart, [&](Alternative* each) {
      const Words& besides = each->besides;
      if (std::find(besides.begin(), besides.end(), most->first) == besides.end()) return false;
      std::erase(each->words, most->first);
      each->words.insert(each->words.begin(), most->first);
      return true;
    });
  }
}

bool Scan::is_enough(const std::vector<Words>& others) {
  std::set<std::string> distinct;
  for (const Words& words : others) {
    if (words.empty()) return true;
    distinct.insert(words.begin(), words.end());
  }
  return distinct.size() > WordSet().size();  // too many to ask for
}

Scan::Rest Scan::rest_of(const std::vector<Words>& others) {
  Rest rest;
  std::vector<std::string> words;
  for (const Words& each : others) {
    WordSet& set = rest.sets.emplace_back();
    for (const std::string& word : each) {
      const auto at = std::find(words.begin(), words.end(), word);
      set.set(static_cast<std::size_t>(at - words.begin()));
      if (at == words.end()) words.push_back(word);
    }
  }
  rest.search = WordSearch(std::move(words), WordSearch::Escapes::ignored);
  return rest;
}

bool Scan::holds(std::string_view record, const Rest& rest) {
  WordSet seen;
  return rest.search.each(record, [&](std::size_t word) {
    if (seen.test(word)) return false;
    seen.set(word);
    return std::any_of(rest.sets.begin(), rest.sets.end(),
                       [&seen](const WordSet& set) { return (seen & set) == set; });
  });
}

bool Scan::may_match(std::string_view record) const {
  if (passes_all_) return true;
  if (is_empty_) return false;
  std::uint64_t asked = 0;  // a bit for each of rests_: once
  return first_words_.each(record, [&](std::size_t word) {
    if (word >= rests_.size()) return true;
    const std::uint64_t bit = std::uint64_t{1} << word;
    if ((asked & bit) != 0) return false;
    asked |= bit;
    return holds(record, rests_[word]);
  });
}

}  // namespace nodeportd
