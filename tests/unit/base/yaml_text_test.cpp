#include "base/yaml_text.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>

using namespace nodeportd;

namespace {

YamlNode parsed(const std::string& text) {
  Problems problems;
  std::vector<YamlNode> documents = parse_yaml(text, "f", problems);
  INFO(text);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(problems.empty());
  REQUIRE(documents.size() == 1);
  return documents.front();
}

// A tree of what is awkward to write.
class Drawing {
 public:
  explicit Drawing(unsigned seed) : random_(seed) {}

  YamlNode node(int depth) {
    YamlNode node;
    const auto kind = depth == 0 ? 1 : below(4);
    node.kind = static_cast<YamlNode::Kind>(kind);
    if (kind == 1) {
      node.scalar = text();
      node.quoted = below(2) == 0;
    }
    for (auto left = kind == 2 ? below(4) : 0; left > 0; --left) {
      node.items.push_back(this->node(depth - 1));
    }
    for (auto left = kind == 3 ? below(4) : 0; left > 0; --left) {
      node.entries.push_back({text() + std::to_string(left), 0, 0, this->node(depth - 1)});
    }
    return node;
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::string text() {
    static const std::vector<std::string> pieces = {
        "a",  "7",  "0",  "null", "~",   "-",   "- ",   ": ",          ":",  " #", "#",
        "'",  "\"", "\\", "\n",   "\t",  "[]",  "{",    "}",           "&a", "*",  "!",
        "%",  "@",  "`",  ",",    "?",   "|",   ">",    "<<",          "=",  " ",  "ü",
        "$$", "+",  ".",  "on",   "...", "---", "\x7f", "\xe2\x80\xa8"};
    std::string text;
    for (std::size_t left = below(5); left > 0; --left) text += pieces[below(pieces.size())];
    return text;
  }

  std::mt19937 random_;
};

// What was plain and cannot be written so is in quotes afterwards, and text for that.
bool is_the_same(const YamlNode& before, const YamlNode& after) {
  if (before.is_scalar()) {
    return after.is_scalar() && before.scalar == after.scalar && (after.quoted || !before.quoted);
  }
  bool same = before.kind == after.kind && before.items.size() == after.items.size() &&
              before.entries.size() == after.entries.size();
  for (std::size_t i = 0; same && i < before.items.size(); ++i) {
    same = is_the_same(before.items[i], after.items[i]);
  }
  for (std::size_t i = 0; same && i < before.entries.size(); ++i) {
    same = before.entries[i].key == after.entries[i].key &&
           is_the_same(before.entries[i].value, after.entries[i].value);
  }
  return same;
}

}  // namespace

TEST_CASE("a tree is written so that a person reads it, and plain words stay plain") {
  const std::string text =
      "workers: 4\n"
      "node: \"007\"\n"
      "since: 2027-01-01T00:00:00Z\n"
      "sinks:\n"
      "  - name: a\n"
      "    rules: []\n"
      "  - name: b\n"
      "    headers:\n"
      "      X-A: \"x: y\"\n"
      "  - {}\n";
  CHECK(to_yaml(parsed(text)) == text);
}

TEST_CASE("what is written is read back as the same, whatever stands in it") {
  for (unsigned seed = 0; seed < 5'000; ++seed) {
    YamlNode top;
    top.kind = YamlNode::Kind::map;
    top.entries.push_back({"k", 0, 0, Drawing(seed).node(4)});
    const std::string text = to_yaml(top);
    CAPTURE(seed, text);
    REQUIRE(is_the_same(top, parsed(text)));
  }
}
