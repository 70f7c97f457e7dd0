// An explanation is the matcher's own verdict, whatever the rule and the event.
#include "match/explanation.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using Verdict = RuleExplanation::Verdict;

// Small enough a world that rules match often.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  std::string rules() {
    std::string yaml;
    for (int i = 1; i <= 3; ++i) {
      if (i > 1) yaml += "---\n";
      const std::string digit = std::to_string(i);
      yaml += test::rule_head("1111111" + digit + "-1111-4111-8111-111111111111");
      if (i > 1 && pick(2) == 0) yaml += "yields_to: [11111111-1111-4111-8111-111111111111]\n";
      yaml += "detection:\n    one: " + selection() + "\n    two: " + selection() +
              "\n    condition: " + choose(kConditions) + "\n";
    }
    return yaml;
  }

  std::string event() {
    std::string json = R"({"auditID":"a")";
    for (const char* name : {"a", "b"}) {
      if (pick(4) > 0) json += std::string(",\"") + name + "\":" + choose(kJson);
    }
    return json + R"(,"c":{"d":)" + choose(kJson) + "}}";
  }

 private:
  static constexpr std::array<const char*, 6> kConditions = {
      "one", "one and two", "one or two", "not one", "one and not two", "1 of them"};
  static constexpr std::array<const char*, 9> kItems = {"a: x",
                                                        "a: [x, '1']",
                                                        "b|contains: x",
                                                        "b|neq: x",
                                                        "a: null",
                                                        "a|gte: 1",
                                                        "c.d|fieldref: a",
                                                        "c.d|exists: true",
                                                        "a|contains|all: [x, y]"};
  static constexpr std::array<const char*, 8> kJson = {
      R"("x")", R"("xy")", "1", R"("1")", "null", R"(["x",2])", R"({"x":"y"})", "true"};

  std::size_t pick(std::size_t below) { return random_() % below; }
  template <std::size_t N>
  std::string choose(const std::array<const char*, N>& among) {
    return among[pick(N)];
  }
  std::string items() {
    const std::string first = choose(kItems);
    std::string second = choose(kItems);
    if (first.substr(0, first.find(':')) == second.substr(0, second.find(':')))
      second = "auditID: a";
    return "{" + first + ", " + second + "}";
  }
  std::string selection() {
    if (pick(6) == 0) return "[x]";
    return pick(3) == 0 ? "[" + items() + ", " + items() + "]" : items();
  }

  std::mt19937 random_;
};

void check(const SelectionExplanation& selection) {
  const bool held = std::any_of(
      selection.alternatives.begin(), selection.alternatives.end(), [](const auto& items) {
        return std::all_of(items.begin(), items.end(), [](const auto& item) { return item.held; });
      });
  CHECK(selection.held == held);
}

TEST_CASE("explanations agree with matches for any rule and event") {
  std::size_t matched = 0;
  std::size_t yielded = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    World world(seed);
    const std::string yaml = world.rules();
    const RuleSet rules = test::rule_set(yaml);
    for (int i = 0; i < 10; ++i) {
      const std::string json = world.event();
      const test::Event event(json);
      std::vector<std::uint32_t> told;
      for (const Match& match : test::matches_of(rules, event)) told.push_back(match.rule);
      std::vector<std::uint32_t> explained;
      for (const RuleExplanation& rule : rules.explain(event.event(), event.event())) {
        if (rule.verdict == Verdict::told) explained.push_back(rule.rule);
        if (rule.verdict == Verdict::yields) ++yielded;
        for (const SelectionExplanation& selection : rule.selections) check(selection);
      }
      INFO(yaml << json);
      CHECK(explained == told);
      matched += told.size();
    }
  }
  CHECK(matched > 1'000);
  CHECK(yielded > 100);
}

TEST_CASE("what a field holds is shown as JSON, bounded") {
  const RuleSet rules =
      test::rule_set(test::rule_with("l: 1\no|exists: true\nn: x\ne: null\nf|fieldref: s\nlong: "
                                     "x\ns|contains|all: [a, \"b\\\"\"]"));
  const test::Event event(R"({"l":[1,"1",true,null,4,5,6],"o":{"a":1,"b":{}},"s":"a","f":"q",)"
                          R"("long":")" +
                          std::string(1'000, 'y') + "\"}");
  const auto explained = rules.explain(event.event(), event.event());
  const auto& items = explained.at(0).selections.at(0).alternatives.at(0);
  using Texts = std::vector<std::string>;
  CHECK(items[0].found == Texts{"1", R"("1")", "true", "null", "4"});
  CHECK(items[0].found_more == 2);
  CHECK(items[1].found == Texts{"{a, b}"});
  CHECK(items[2].found.empty());
  CHECK_FALSE(items[2].held);
  CHECK(items[3].held);
  CHECK(items[4].found == Texts{R"("q")", R"(s = "a")"});
  CHECK(items[5].found.at(0).size() == 202);
  CHECK(items[6].asked == R"(s|contains|all: "a" and "b\"")");
}

}  // namespace
}  // namespace nodeportd
