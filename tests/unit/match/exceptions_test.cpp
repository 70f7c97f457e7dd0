#include "base/time_text.hpp"
#include "base/yaml.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using test::Event;
using test::rule_head;

const std::string kFirst = "11111111-1111-4111-8111-111111111111";
const std::string kSecond = "22222222-2222-4222-8222-222222222222";

std::vector<CompiledRule> two_rules() {
  const std::string detection = "detection:\n  sel: {verb: create}\n  condition: sel\n";
  auto loaded =
      test::load(rule_head(kFirst) + detection + "---\n" + rule_head(kSecond) + detection);
  REQUIRE(loaded.problems.empty());
  return std::move(loaded.rules);
}

std::string problems_of(const std::string& yaml) {
  Problems problems;
  const auto documents = parse_yaml(yaml, "c.yaml", problems);
  REQUIRE(documents.size() == 1);
  (void)load_exceptions(documents[0], "c.yaml", two_rules(), problems);
  std::string text;
  for (const Problem& problem : problems) text += to_text(problem) + "\n";
  return text;
}

RuleSet rules_under(const std::string& yaml) {
  Problems problems;
  const auto documents = parse_yaml(yaml, "c.yaml", problems);
  REQUIRE(documents.size() == 1);
  auto rules = two_rules();
  auto exceptions = load_exceptions(documents[0], "c.yaml", rules, problems);
  for (const Problem& problem : problems) INFO(to_text(problem));
  REQUIRE(problems.empty());
  return {std::move(rules), std::move(exceptions)};
}

// The exception of each of the two rules' matches.
std::vector<std::uint32_t> exceptions_of(const RuleSet& rules, const std::string& fields) {
  const Event event(R"({"verb":"create",)" + fields + "}");
  std::vector<std::uint32_t> found;
  for (const Match& match : test::matches_of(rules, event)) found.push_back(match.exception);
  return found;
}

constexpr std::uint32_t kNone = Match::kNoException;
using Found = std::vector<std::uint32_t>;

TEST_CASE("an exception suppresses the rules it lists where its condition holds") {
  const RuleSet rules = rules_under("- name: ingress\n  rules: [" + kFirst +
                                    "]\n  condition:\n    user: ctl\n  reason: CHG-1\n");
  CHECK(exceptions_of(rules, R"("user":"CTL")") == Found{0, kNone});
  CHECK(exceptions_of(rules, R"("user":"eve")") == Found{kNone, kNone});
  REQUIRE(rules.exceptions().size() == 1);
  CHECK(rules.exceptions()[0].name == "ingress");
  CHECK(rules.exceptions()[0].reason == "CHG-1");
}

TEST_CASE("a star lists every rule of a file, and no built-in one") {
  const RuleSet rules =
      rules_under("- name: all\n  rules: '*'\n  condition: {source: /log}\n  reason: r\n");
  CHECK(exceptions_of(rules, R"("source":"/log")") == Found{0, 0});
  CHECK(uninspectable_match(rules, "/log", "torn", {}).exception == kNone);
}

TEST_CASE("a built-in blind spot is silenced by its id, by what is known of it") {
  const RuleSet rules = rules_under("- name: noisy\n  rules: [" + builtin::line_uninspectable().id +
                                    "]\n  condition: {source: /log, reason: torn}\n  reason: r\n");
  CHECK(uninspectable_match(rules, "/log", "torn", {}).exception == 0);
  CHECK(uninspectable_match(rules, "/log", "not_json", {}).exception == kNone);
  CHECK(uninspectable_match(rules, "/other", "torn", {}).exception == kNone);
}

TEST_CASE("a condition may name selections, and the first exception that holds counts") {
  const RuleSet rules = rules_under(
      "- name: one\n  rules: '*'\n  reason: r\n  condition:\n    a: {x: 1}\n    b: {y: 2}\n"
      "    condition: a and not b\n"
      "- name: two\n  rules: '*'\n  reason: r\n  condition:\n    - x: 1\n    - z|exists: true\n");
  CHECK(exceptions_of(rules, R"("x":1)") == Found{0, 0});
  CHECK(exceptions_of(rules, R"("x":1,"y":2)") == Found{1, 1});
  CHECK(exceptions_of(rules, R"("z":0)") == Found{1, 1});
  CHECK(exceptions_of(rules, R"("y":2)") == Found{kNone, kNone});
}

TEST_CASE("an exception ends in event time") {
  const RuleSet rules = rules_under(
      "- {name: a, rules: '*', condition: {x: 1}, reason: r, until: 2027-01-01T00:00:00Z}\n");
  CHECK(exceptions_of(rules, R"("x":1,"stageTimestamp":"2026-12-31T23:59:59.999999Z")") ==
        Found{0, 0});
  CHECK(exceptions_of(rules, R"("x":1,"stageTimestamp":"2027-01-01T00:00:00Z")") ==
        Found{kNone, kNone});
  const auto at = [](const char* text) { return *parse_time(text); };
  CHECK(expired(rules.exceptions(), at("2026-12-31T23:59:59Z")).empty());
  const auto over = expired(rules.exceptions(), at("2027-01-01T00:00:00Z"));
  REQUIRE(over.size() == 1);
  CHECK(over[0]->name == "a");
}

TEST_CASE("an event without a time is under no exception that has an end") {
  const RuleSet rules = rules_under(
      "- {name: a, rules: '*', condition: {x: 1}, reason: r, until: 2027-01-01T00:00:00Z}\n"
      "- {name: b, rules: '*', condition: {y: 1}, reason: r}\n");
  CHECK(exceptions_of(rules, R"("x":1)") == Found{kNone, kNone});
  CHECK(exceptions_of(rules, R"("x":1,"stageTimestamp":null)") == Found{kNone, kNone});
  // What Go writes for a time that was never set.
  CHECK(exceptions_of(rules, R"("x":1,"stageTimestamp":"0001-01-01T00:00:00Z")") ==
        Found{kNone, kNone});
  CHECK(exceptions_of(rules, R"("x":1,"y":1)") == Found{1, 1});
}

TEST_CASE("an exception over the end gives way to the next") {
  const RuleSet rules = rules_under(
      "- {name: a, rules: '*', condition: {x: 1}, reason: r, until: 2020-01-01T00:00:00Z}\n"
      "- {name: b, rules: '*', condition: {x: 1}, reason: r}\n");
  CHECK(exceptions_of(rules, R"("x":1,"stageTimestamp":"2026-01-01T00:00:00Z")") == Found{1, 1});
}

TEST_CASE("an exception that cannot be honoured is refused at its place") {
  const std::string tail = "  condition: {x: 1}\n  reason: r\n";
  struct Refused {
    std::string yaml;
    std::string problem;
  };
  const auto row = GENERATE_COPY(values<Refused>({
      {"x: 1\n", "1:1: 'exceptions' must be a list, this is a map"},
      {"- rules: '*'\n" + tail, "1:3: an exception needs 'name'"},
      {"- name: a\n" + tail, "1:3: an exception needs 'rules'"},
      {"- name: a\n  rules: '*'\n  condition: {x: 1}\n", "1:3: an exception needs 'reason'"},
      {"- name: a\n  rules: '*'\n  condition: {x: 1}\n  reason: ''\n", "4:11: 'reason' is empty"},
      {"- name: a\n  rules: '*'\n  reason: r\n", "1:3: an exception needs 'condition'"},
      {"- name: a\n  rules: []\n" + tail, "2:10: 'rules' names no rule"},
      {"- name: a\n  rules: ['*', 11111111-1111-4111-8111-111111111112]\n" + tail,
       "2:16: no rule has the id '11111111-1111-4111-8111-111111111112': did you mean "
       "'11111111-1111-4111-8111-111111111111'?"},
      {"- name: a\n  rules: '*'\n  until: tomorrow\n" + tail,
       "3:10: 'until' must be a time such as 2027-01-01T00:00:00Z, this is 'tomorrow'"},
      {"- name: a\n  rules: '*'\n  untill: x\n" + tail,
       "3:3: an exception has no key 'untill': did you mean 'until'?"},
      {"- name: a\n  rules: '*'\n" + tail + "- name: a\n  rules: '*'\n" + tail,
       "5:9: two exceptions are called 'a'"},
      {"- name: a\n  rules: '*'\n  reason: r\n  condition: {x|nope: 1}\n",
       "4:15: there is no modifier 'nope'"},
      {"- name: a\n  rules: '*'\n  reason: r\n  condition: {sel: {x: 1}, condition: nope}\n",
       "4:39: there is no selection 'nope'"},
  }));
  INFO(row.yaml);
  CHECK(problems_of(row.yaml) == "c.yaml:" + row.problem + "\n");
}

}  // namespace
}  // namespace nodeportd
