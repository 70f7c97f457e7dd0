#include "decode/word_search.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace nodeportd {
namespace {

using Random = std::mt19937_64;
using Escapes = WordSearch::Escapes;
using Filter = WordSearch::Filter;

std::size_t below(Random& random, std::size_t bound) {
  return random() % bound;
}

char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool stands_in(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return folded(a) == folded(b); }) != text.end();
}

std::set<std::size_t> found_in(const WordSearch& search, std::string_view text) {
  std::set<std::size_t> found;
  search.each(text, [&](std::size_t word) {
    found.insert(word);
    return false;
  });
  return found;
}

std::set<std::size_t> standing_in(std::string_view text, const std::vector<std::string>& words) {
  std::set<std::size_t> standing;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (stands_in(text, words[i])) standing.insert(i);
  }
  return standing;
}

std::string random_word(Random& random, std::size_t size) {
  std::string word(size, 'a');
  for (char& c : word)
    c = static_cast<char>('a' + below(random, 5));  // few letters: many near hits
  return word;
}

// Letters of both cases, and bytes that a careless filter takes for letters.
std::string random_text(Random& random, const std::vector<std::string>& words) {
  static constexpr std::string_view kAround = "aAbBcCdDeE@`{[!\x01\x81\xc1\xe1 \"";
  std::string text(below(random, 150), ' ');
  for (char& c : text) c = kAround[below(random, kAround.size())];
  if (below(random, 3) == 0) {
    std::string word = words[below(random, words.size())];
    for (char& c : word) c = below(random, 2) == 0 ? c : static_cast<char>(c - 32);
    text.insert(below(random, text.size() + 1), word);
  }
  return text;
}

// A page behind which none can be read.
class LastPage {
 public:
  LastPage() : pages_(::mmap(nullptr, 2 * kSize, PROT_READ | PROT_WRITE, kFlags, -1, 0)) {
    REQUIRE(pages_ != MAP_FAILED);
    REQUIRE(::mprotect(static_cast<char*>(pages_) + kSize, kSize, PROT_NONE) == 0);
  }
  LastPage(const LastPage&) = delete;
  LastPage& operator=(const LastPage&) = delete;
  ~LastPage() { ::munmap(pages_, 2 * kSize); }

  std::string_view put_at_end(std::string_view text) {
    char* begin = static_cast<char*>(pages_) + kSize - text.size();
    std::copy(text.begin(), text.end(), begin);
    return {begin, text.size()};
  }

 private:
  static constexpr std::size_t kSize = 4096;
  static constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;
  void* pages_;
};

}  // namespace

TEST_CASE("what is found is what stands there, by either filter, to the last byte and no further") {
  const Filter filter = GENERATE(Filter::nibbles, Filter::samples);
  if (filter == Filter::nibbles && !NibbleFilter::is_supported()) return;
  const std::size_t count = GENERATE(1U, 2U, 7U, 16U, 120U);
  const std::size_t shortest = GENERATE(4U, 5U, 8U);
  Random random(20261124 + count);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i) {
    words.push_back(random_word(random, shortest + below(random, 3)));
  }
  const WordSearch search(words, Escapes::ignored, filter);
  LastPage page;
  std::size_t hits = 0;
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = random_text(random, words);
    const auto expected = standing_in(text, words);
    hits += expected.size();
    if (found_in(search, page.put_at_end(text)) != expected) FAIL("in: " << text);
  }
  CHECK(hits > 100);
}

TEST_CASE("escapes are found by either filter where they are asked for") {
  const Filter filter = GENERATE(Filter::nibbles, Filter::samples);
  if (filter == Filter::nibbles && !NibbleFilter::is_supported()) return;
  const WordSearch asked({"nodeport"}, Escapes::found, filter);
  const WordSearch ignored({"nodeport"}, Escapes::ignored, filter);
  for (std::size_t at = 0; at < 80; ++at) {
    for (const char* escape : {"\\u0041", "\\u007a", "\\u0056", "\\u0030", "\\u0039"}) {
      const std::string text = std::string(at, '\\') + escape + std::string(80 - at, '0');
      CHECK(found_in(asked, text) == std::set<std::size_t>{WordSearch::kEscape});
      CHECK(found_in(ignored, text).empty());
    }
    for (const char* other : {"\\u0026", "\\u003c", "\\u0080", "\\u0141", "\\U0041", "/u0041"}) {
      CHECK(found_in(asked, std::string(at, '-') + other + std::string(80 - at, '-')).empty());
    }
  }
  CHECK(found_in(asked, "NODEPORT \\u004e") == std::set<std::size_t>{0, WordSearch::kEscape});
}

TEST_CASE("a search stops where it is told to") {
  const WordSearch search({"word"}, Escapes::ignored);
  int calls = 0;
  CHECK(search.each("word word word", [&](std::size_t) { return ++calls == 2; }));
  CHECK(calls == 2);
  CHECK_FALSE(search.each("word", [](std::size_t) { return false; }));
  CHECK_FALSE(WordSearch().each("word", [](std::size_t) { return true; }));
  CHECK_FALSE(WordSearch({}, Escapes::ignored).each("word", [](std::size_t) { return true; }));
}

}  // namespace nodeportd
