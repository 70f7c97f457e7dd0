#include "match/rule_index.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using test::Event;

CompiledRule rule_of(const std::string& detection) {
  std::vector<CompiledRule> rules;
  Problems problems;
  load_rule_text(test::rule_head() + "detection:\n" + test::indented(detection, "    ") + "\n",
                 "test.yml", rules, problems);
  REQUIRE(problems.empty());
  REQUIRE(rules.size() == 1);
  return std::move(rules.front());
}

bool is_candidate(const std::string& detection, const std::string& event) {
  std::vector<CompiledRule> rules;
  rules.push_back(rule_of(detection));
  const RuleIndex index(rules);
  return !index.candidates(Event(event).root()).empty();
}

}  // namespace

TEST_CASE("a rule is asked only where a field holds a text that it requires") {
  struct Row {
    const char* detection;
    const char* event;
    bool asked;
  };
  const auto row = GENERATE(values<Row>({
      {"s: {verb: create}\ncondition: s", R"({"verb":"CREATE"})", true},
      {"s: {verb: create}\ncondition: s", R"({"verb":"delete"})", false},
      {"s: {verb: create}\ncondition: s", R"({})", false},
      {"s: {verb: create}\ncondition: s", R"({"verb":"create","verb":"get"})", false},
      {"s: {verb: [create, patch]}\ncondition: s", R"({"verb":"patch"})", true},
      {"s: {verb: [create, patch]}\ncondition: s", R"({"verb":"get"})", false},
      {"s: {ips: a}\ncondition: s", R"({"ips":["b","A"]})", true},
      {"a: {verb: get}\nb: {kind: Pod}\ncondition: a and b", R"({"verb":"get"})", true},
      {"a: {verb: get}\nb: {kind: Pod}\ncondition: a and b", R"({"kind":"Pod"})", false},
      {"a: {verb: get}\nb: {kind: Pod}\ncondition: a and not b", R"({"kind":"Pod"})", false},
      // What may hold in other ways is asked everywhere.
      {"a: {verb: get}\nb: {kind: Pod}\ncondition: a or b", R"({})", true},
      {"s: {verb: get}\ncondition: not s", R"({"verb":"get"})", true},
      {"s: [{verb: get}, {kind: Pod}]\ncondition: s", R"({})", true},
      {"s: {verb: 'cre*'}\ncondition: s", R"({})", true},
      {"s: {verb|contains: eat}\ncondition: s", R"({})", true},
      {"s: {verb: [create, 'x*']}\ncondition: s", R"({})", true},
      {"s: {verb|neq: get}\ncondition: s", R"({"verb":"get"})", true},
      {"s: [keyword]\ncondition: s", R"({})", true},
      {"s: {exposure.change: created}\ncondition: s", R"({})", true},
  }));
  INFO(row.detection << " of " << row.event);
  CHECK(is_candidate(row.detection, row.event) == row.asked);
}

TEST_CASE("a rule is filed under the text that tells it apart") {
  std::vector<CompiledRule> rules;
  for (const char* type : {"NodePort", "LoadBalancer", "ExternalName"}) {
    rules.push_back(rule_of("s: {verb: create, type: " + std::string(type) + "}\ncondition: s"));
  }
  const RuleIndex index(rules);
  const auto asked = [&](const std::string& event) {
    const RuleIndex::Candidates candidates = index.candidates(Event(event).root());
    return std::vector<std::uint32_t>(candidates.begin(), candidates.end());
  };
  CHECK(asked(R"({"verb":"create"})").empty());
  CHECK(asked(R"({"verb":"create","type":"LoadBalancer"})") == std::vector<std::uint32_t>{1});
  CHECK(asked(R"({"type":["externalname","NodePort","NODEPORT"]})") ==
        std::vector<std::uint32_t>{0, 2});
}

}  // namespace nodeportd
