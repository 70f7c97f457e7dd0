#include "decode/scan.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "decode/audit_decoder.hpp"

namespace nodeportd {
namespace {

// Rules whose alternatives are of one word each.
std::vector<Literals> rules_of(const std::vector<std::vector<std::string>>& texts) {
  std::vector<Literals> rules;
  for (const auto& alternatives : texts) {
    Literals& rule = rules.emplace_back();
    for (const std::string& text : alternatives) rule.push_back({text});
  }
  return rules;
}
using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) {
  return random() % bound;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool contains_folded(std::string_view text, std::string_view literal) {
  return std::search(text.begin(), text.end(), literal.begin(), literal.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

std::string escaped(Random& random, char c) {
  std::array<char, 8> escape{};
  (void)std::snprintf(escape.data(), escape.size(), below(random, 2) == 0 ? "\\u%04x" : "\\u%04X",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
  return escape.data();
}

// A string of letters near the literals, so that hits, near hits and overlaps are frequent.
std::string random_text(Random& random) {
  static const std::vector<std::string> kPieces = {"node",     "port", "NODE", "Port",  "nodeport",
                                                   "NodePort", "e",    "n",    "&",     "service",
                                                   "SERVICES", "xyz",  "odep", "@[`{ ", "balancer"};
  std::string text(below(random, 40), 'n');
  for (std::size_t i = below(random, 6); i > 0; --i) text += kPieces[below(random, kPieces.size())];
  for (char& c : text) {
    if (below(random, 8) == 0 && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

// The text in one of the spellings that JSON allows: every second record has no escapes.
std::string record_of(Random& random, const std::string& text) {
  const bool with_escapes = below(random, 2) == 0;
  std::string record = R"({"a":")";
  for (const char c : text) {
    record += with_escapes && below(random, 8) == 0 ? escaped(random, c) : std::string(1, c);
  }
  return record + "\"}";
}

}  // namespace

TEST_CASE("no spelling of a literal passes the scan unseen") {
  const std::vector<std::string> literals = {"NodePort", "services", "loadbalancer"};
  const Scan scan(rules_of({{"NodePort"}, {"services", "LoadBalancer"}}));
  AuditDecoder decoder;
  Random random(20261124);
  int with_literal = 0;
  int dropped = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string record = record_of(random, random_text(random));
    const auto event = decoder.decode(record);
    REQUIRE(event);
    const std::string_view text = event->root.find("a")->text;
    const bool expected = std::any_of(literals.begin(), literals.end(), [&](const auto& literal) {
      return contains_folded(text, literal);
    });
    const bool passes = scan.may_match(record);
    with_literal += expected ? 1 : 0;
    dropped += passes ? 0 : 1;
    if (expected && !passes) FAIL("dropped: " << record);
  }
  CHECK(with_literal > 1'000);
  CHECK(dropped > 1'000);
}

TEST_CASE("a literal is found at every offset of every length, and nothing else is") {
  const Scan scan(rules_of({{"nodeport"}}));
  for (std::size_t size = 0; size < 160; ++size) {
    const std::string filler(size, 'p');
    CHECK(!scan.may_match(filler));
    CHECK(!scan.may_match(filler + "NodePor"));
    for (std::size_t at = 0; at <= size; ++at) {
      std::string record = filler;
      record.insert(at, "NodePort");
      if (!scan.may_match(record)) FAIL("missed at " << at << " of " << size);
      record.replace(at, 8, "NodePOR~");
      if (scan.may_match(record)) FAIL("false hit at " << at << " of " << size);
    }
  }
}

TEST_CASE("only an escape that can hide a letter sends a record to the decoder") {
  const Scan scan(rules_of({{"nodeport"}}));
  for (const char* hidden : {R"(\u004eodePort)", R"(\u006E)", R"(\u0041)", R"(\u007a)", R"(\u0050)",
                             R"(\\u\u003004eodePort)", R"(\u0039)",
                             R"(a long way to the end of the line .... \u004e)"}) {
    CAPTURE(hidden);
    CHECK(scan.may_match(hidden));
  }
  for (const char* harmless :
       {R"(?limit=500\u0026resourceVersion=0)", R"(\u003cnil\u003e)", R"(\u00e9)", R"(\u2028)",
        R"(\u0100)", R"(\u0400)", R"(\U004e)", R"(u0041)", R"(k:{\"port\":80})"}) {
    CAPTURE(harmless);
    CHECK(!scan.may_match(harmless));
    CHECK(!scan.may_match(std::string(100, '-') + harmless + std::string(100, '-')));
  }
}

TEST_CASE("words that are needed together let pass only what holds them all") {
  const std::vector<Literals> rules = {{{"services", "create"}, {"services", "delete"}},
                                       {{"secret"}}};
  const Scan scan(rules);
  for (const char* record : {"services create", "DELETE all Services", "services and a secret",
                             R"(\u0073ervices)", "createservices"}) {
    CAPTURE(record);
    CHECK(scan.may_match(record));
  }
  for (const char* record : {"services", "create delete", "service creates", "services update"}) {
    CAPTURE(record);
    CHECK(!scan.may_match(record));
  }
}

TEST_CASE("of many rules a word that all of them need is sought, and then their own") {
  const auto count = GENERATE(values<std::size_t>({3, 150}));
  CAPTURE(count);
  const auto own_word = [](std::size_t i) {
    std::string word = "rule";
    for (; i > 0; i /= 26) word += static_cast<char>('a' + i % 26);
    return word + "end";
  };
  std::vector<Literals> rules = {{{"apart"}}};
  std::vector<Words> besides = {{}};
  for (std::size_t i = 0; i < count; ++i) {
    rules.push_back({{own_word(i)}});
    besides.push_back({"create", "services", own_word(i)});
  }
  const Scan scan(rules, besides);
  CHECK(scan.may_match("apart"));
  CHECK(!scan.may_match("create services"));
  for (std::size_t i = 0; i < count; ++i) {
    CAPTURE(own_word(i));
    CHECK(scan.may_match("create " + own_word(i) + " services"));
    CHECK(scan.may_match("create " + own_word(i)) == (count <= WordSearch::kFew));
  }
}

TEST_CASE("the rules together say what passes") {
  const std::string nodeport = R"({"type":"NODEport"})";
  const std::string secret = R"({"resource":"Secrets"})";
  const std::string neither = R"({"resource":"pods"})";
  const auto verdict = [&](const std::vector<std::vector<std::string>>& rules) {
    const Scan scan(rules_of(rules));
    std::string text;
    for (const auto& record : {nodeport, secret, neither}) {
      text += scan.may_match(record) ? 'y' : 'n';
    }
    return text;
  };
  CHECK(verdict({}) == "nnn");
  CHECK(verdict({{"NodePort"}}) == "ynn");
  CHECK(verdict({{"nodeport"}, {"secret"}}) == "yyn");
  CHECK(verdict({{"nodeport", "secrets"}}) == "yyn");
  // One covers the other: what contains the longer contains the shorter.
  CHECK(verdict({{"ecre"}, {"secrets"}}) == "nyn");
  CHECK(verdict({{"secrets"}, {"ecret"}, {"ECRET"}}) == "nyn");
  // A rule that says nothing of what it needs may match anything.
  CHECK(verdict({{"nodeport"}, {}}) == "yyy");
  CHECK(verdict({{"nodeport", "abc"}}) == "yyy");
  CHECK(verdict({{"node-port"}}) == "yyy");
}

}  // namespace nodeportd
