#include "decode/word_search.hpp"

#include <array>
#include <utility>

namespace nodeportd {
namespace {

// One set is the escapes'.
constexpr std::size_t kWordSets = NibbleFilter::kSets - 1;
// Letters of audit logs, the most frequent first.
constexpr std::string_view kByFrequency = "eatsiornucmpdlvhkgbfywxzjq";
// By what stands in many lines anyway nothing rare is found.
constexpr std::string_view kFrequentWords =
    "serviceaccounts deployments namespaces nodes important endpoints replicasets configmaps "
    "requestreceived responsecomplete authenticated";

std::size_t rarity(std::string_view letters) {
  constexpr std::size_t kInNoFrequentWord = 100;
  std::size_t rank = 0;
  for (const char letter : letters) rank += kByFrequency.find(letter);
  const bool is_frequent = kFrequentWords.find(letters) != std::string_view::npos;
  return is_frequent ? rank : rank + kInNoFrequentWord;
}

// Where the word's rarest gram begins.
std::size_t rarest_gram(std::string_view word) {
  std::size_t best = 0;
  for (std::size_t at = 1; at + kGramLength <= word.size(); ++at) {
    const auto rarity_at = [word](std::size_t i) { return rarity(word.substr(i, kGramLength)); };
    if (rarity_at(at) > rarity_at(best)) best = at;
  }
  return best;
}

// Bit 0x20 is all that tells the cases of an ASCII letter apart; no other byte becomes one.
char fold(char c) {
  return static_cast<char>(c | 0x20);
}

std::string both_cases(char letter) {
  return {letter, static_cast<char>(letter ^ 0x20)};
}

bool is_escape(std::string_view text) {
  constexpr std::string_view kPrefix = "\\u00";
  if (text.size() < kPrefix.size() + 2 || !text.starts_with(kPrefix)) return false;
  const char first = text[kPrefix.size()];
  const char second = text[kPrefix.size() + 1];
  return (first >= '4' && first <= '7') || (first == '3' && second >= '0' && second <= '9');
}

}  // namespace

WordSearch::WordSearch(std::vector<std::string> words, Escapes escapes,
                       std::optional<Filter> filter)
    : words_(std::move(words)),
      escapes_(escapes),
      filter_(filter.value_or(best_for(words_.size()))) {
  if (filter_ == Filter::nibbles) {
    anchor_nibbles();
    if (escapes_ == Escapes::found) anchor_escapes();
  } else {
    anchor_samples();
  }
  std::sort(anchors_.begin(), anchors_.end(),
            [](const Anchor& a, const Anchor& b) { return a.gram < b.gram; });
}

WordSearch::Filter WordSearch::best_for(std::size_t words) {
  const bool is_few = words <= kFew;
  return is_few && NibbleFilter::is_supported() ? Filter::nibbles : Filter::samples;
}

void WordSearch::anchor_nibbles() {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::string_view word = words_[i];
    const std::size_t at = rarest_gram(word);
    const std::array<std::string, kGramLength> places = {
        both_cases(word[at]), both_cases(word[at + 1]), both_cases(word[at + 2])};
    nibbles_.add({places[0], places[1], places[2]}, i % kWordSets);
    anchors_.push_back(
        {gram_at(word.data() + at), static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(at)});
  }
}

// By `004` in `\u0041`: that is rarer than `\u0`.
void WordSearch::anchor_escapes() {
  constexpr std::string_view kDigits = "34567";
  nibbles_.add({"0", "0", kDigits}, kWordSets);
  for (const char digit : kDigits) {
    const std::array<char, kGramLength> letters = {'0', '0', digit};
    anchors_.push_back({gram_at(letters.data()), kEscape, 2});
  }
}

bool WordSearch::has_escape(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos;
       at = text.find('\\', at + 1)) {
    if (is_escape(text.substr(at))) return true;
  }
  return false;
}

// Of every word that stands in a text, one of the first `stride` grams is at a place that is looked
// at.
void WordSearch::anchor_samples() {
  if (words_.empty()) return;
  std::size_t shortest = words_.front().size();
  for (const std::string& word : words_) shortest = std::min(shortest, word.size());
  samples_ = SampleFilter(shortest - kGramLength + 1);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    for (std::size_t at = 0; at < samples_.stride(); ++at) {
      const Gram gram = gram_at(words_[i].data() + at);
      samples_.add(gram);
      anchors_.push_back({gram, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(at)});
    }
  }
}

bool WordSearch::stands(const Anchor& anchor, std::string_view text, std::size_t at) const {
  if (anchor.word == kEscape) {
    return at >= anchor.offset && is_escape(text.substr(at - anchor.offset));
  }
  const std::string& word = words_[anchor.word];
  if (at < anchor.offset || at - anchor.offset + word.size() > text.size()) return false;
  const char* begin = text.data() + (at - anchor.offset);
  return std::equal(word.begin(), word.end(), begin,
                    [](char letter, char c) { return letter == fold(c); });
}

}  // namespace nodeportd
