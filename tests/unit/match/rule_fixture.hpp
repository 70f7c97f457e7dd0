#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/audit_decoder.hpp"
#include "decode/scan.hpp"
#include "match/literals.hpp"
#include "match/matcher.hpp"

namespace nodeportd::test {

// An event that owns its text.
class Event {
 public:
  explicit Event(std::string json) : json_(std::move(json)) {
    auto decoded = decoder_.decode(json_);
    REQUIRE(decoded);
    event_ = *decoded;
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  [[nodiscard]] const AuditEvent& event() const { return event_; }
  [[nodiscard]] const Value& root() const { return event_.root; }
  [[nodiscard]] Record record(std::uint64_t offset = 0) const { return {json_, offset, 0, false}; }

 private:
  std::string json_;
  AuditDecoder decoder_;
  AuditEvent event_;
};

inline std::string indented(const std::string& text, const std::string& by) {
  std::string result = by;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += by;
  }
  return result;
}

// Lines 1 to 6 of a rule: its detection, and what follows it, begin in line 7.
inline std::string rule_head(const std::string& id = "11111111-1111-4111-8111-111111111111") {
  return "title: Test\nid: " + id +
         "\nlogsource:\n    product: kubernetes\n    service: audit\nlevel: high\n";
}

// A rule whose one selection, from line 9 column 9 on, is `fields`.
inline std::string rule_with(const std::string& fields) {
  return rule_head() + "detection:\n    selection:\n" + indented(fields, "        ") +
         "\n    condition: selection\n";
}

struct Loaded {
  std::vector<CompiledRule> rules;
  Problems problems;

  [[nodiscard]] std::string text() const {
    std::string all;
    for (const Problem& problem : problems) all += to_text(problem) + "\n";
    return all;
  }
};

inline Loaded load(const std::string& yaml) {
  Loaded loaded;
  load_rule_text(yaml, "r.yml", loaded.rules, loaded.problems);
  return loaded;
}

// The one rule of a text that must be well.
inline CompiledRule compile(const std::string& yaml) {
  Loaded loaded = load(yaml);
  INFO(yaml << loaded.text());
  REQUIRE(loaded.problems.empty());
  REQUIRE(loaded.rules.size() == 1);
  return std::move(loaded.rules.front());
}

// Whether the rule matches the event; where it does, the scan lets it through.
inline bool detects(const std::string& yaml, const std::string& json,
                    Reading reading = Reading::as_apiserver) {
  const Event event(json);
  const CompiledRule rule = compile(yaml);
  const bool matched = rule.detection.matches(event.root(), reading);
  // The law of the scan, over every row of every table.
  if (matched) CHECK(Scan({required_literals(rule.detection)}).may_match(json));
  return matched;
}

inline RuleSet rule_set(const std::string& yaml) {
  Loaded loaded = load(yaml);
  INFO(yaml << loaded.text());
  REQUIRE(loaded.problems.empty());
  return {std::move(loaded.rules), {}};
}

inline std::vector<Match> matches_of(const RuleSet& rules, const Event& event,
                                     const std::string& source = "audit.log",
                                     std::uint64_t offset = 0) {
  std::vector<Match> matches;
  rules.match(event.event(), event.record(offset), source, matches);
  return matches;
}

}  // namespace nodeportd::test
