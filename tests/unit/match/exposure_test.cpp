// Rules that ask for what only the history of a Service tells, and rules that yield to others.
#include "base/yaml.hpp"
#include "match/exposure_path.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

FieldPath path(const std::string& text) {
  return *FieldPath::parse(text);
}

const std::string kFirst = "11111111-1111-4111-8111-111111111111";
const std::string kSecond = "22222222-2222-4222-8222-222222222222";
const std::string kThird = "33333333-3333-4333-8333-333333333333";

std::string rule(const std::string& id, const std::string& fields, const std::string& more = "") {
  return test::rule_head(id) + "detection:\n    selection: {" + fields +
         "}\n    condition: selection\n" + more + "\n---\n";
}

std::vector<std::string> ids(const RuleSet& rules, const std::vector<Match>& matches) {
  std::vector<std::string> found;
  for (const Match& match : matches) found.push_back(rules.catalog()[match.rule].id.substr(0, 1));
  return found;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("fields of exposure are told apart by who knows them") {
  for (const char* text :
       {"exposure.outcome", "exposure.node_ports[].number", "exposure.openedx"}) {
    CAPTURE(text);
    CHECK(is_exposure(path(text)));
    CHECK_FALSE(asks_for(path(text), Unknown::history));
  }
  for (const char* text : {"exposure", "exposure.opened", "exposure.opened.node_ports[].number",
                           "exposure.before", "exposure.change", "exposure.audit_id_reused"}) {
    CAPTURE(text);
    CHECK(is_exposure(path(text)));
    CHECK(asks_for(path(text), Unknown::history));
  }
  for (const char* text : {"exposures.opened", "requestObject.exposure", "opened"}) {
    CAPTURE(text);
    CHECK_FALSE(is_exposure(path(text)));
    CHECK_FALSE(asks_for(path(text), Unknown::history));
  }
}

TEST_CASE("while history is pending a condition is weighed, not guessed") {
  struct Row {
    std::string condition;
    Truth expected;
  };
  const Row row = GENERATE(values<Row>({
      {"yes", Truth::yes},
      {"no", Truth::no},
      {"historic", Truth::maybe},
      {"not historic", Truth::maybe},
      {"yes and historic", Truth::maybe},
      {"no and historic", Truth::no},
      {"yes or historic", Truth::yes},
      {"no or historic", Truth::maybe},
      {"not (yes and historic)", Truth::maybe},
      {"not (no and historic)", Truth::yes},
      {"not (yes or historic)", Truth::no},
      {"mixed_no", Truth::no},
      {"mixed_yes", Truth::maybe},
      {"either", Truth::yes},
      {"compared", Truth::maybe},
      {"all of them", Truth::no},
      {"1 of them", Truth::yes},
  }));
  INFO(row.condition);
  const CompiledRule compiled =
      test::compile(test::rule_head() +
                    "detection:\n"
                    "    yes: {verb: create}\n"
                    "    no: {verb: delete}\n"
                    "    historic: {exposure.before: open}\n"
                    "    mixed_no: {verb: delete, exposure.opened: '*'}\n"
                    "    mixed_yes: {verb: create, exposure.change: created}\n"
                    "    either: [{verb: create}, {exposure.audit_id_reused: true}]\n"
                    "    compared: {verb|fieldref: exposure.change}\n"
                    "    condition: " +
                    row.condition + "\n");
  CHECK(compiled.asks_history);
  const test::Event event(R"({"verb":"create","exposure":{"outcome":"succeeded"}})");
  CHECK(compiled.detection.weigh(event.root(), Unknown::history) == row.expected);
}

TEST_CASE("what a write that changed nothing cannot match is known without its history") {
  struct Row {
    std::string fields;
    Truth expected;
  };
  const Row row = GENERATE(values<Row>({{"exposure.opened: '*'", Truth::no},
                                        {"exposure.opened: null", Truth::yes},
                                        {"'exposure.opened.node_ports[]': '*'", Truth::no},
                                        {"exposure.audit_id_reused: true", Truth::no},
                                        {"exposure.audit_id_reused: false", Truth::yes},
                                        {"exposure.change: touched", Truth::maybe},
                                        {"exposure.before: open", Truth::maybe},
                                        {"exposure|exists: true", Truth::maybe}}));
  INFO(row.fields);
  const CompiledRule compiled = test::compile(test::rule_head() + "detection:\n    it: {" +
                                              row.fields + "}\n    condition: it\n");
  const test::Event event(R"({"verb":"patch","exposure":{"opened":null,"audit_id_reused":false}})");
  CHECK(compiled.detection.weigh(event.root(), Unknown::course) == row.expected);
  CHECK(compiled.detection.weigh(event.root(), Unknown::history) == Truth::maybe);
}

TEST_CASE("a rule asks for history by any of its fields") {
  const auto asks = [](const std::string& fields, const std::string& more) {
    return test::compile(
               rule(kFirst, fields, more).substr(0, rule(kFirst, fields, more).size() - 5))
        .asks_history;
  };
  CHECK_FALSE(asks("verb: create", ""));
  CHECK_FALSE(asks("exposure.outcome: succeeded", ""));
  CHECK(asks("exposure.opened: '*'", ""));
  CHECK(asks("verb: create", "aggregate: {group_by: [exposure.before]}"));
  CHECK(asks("verb: create", "aggregate: {group_by: [verb], values: [exposure.opened.x]}"));
  CHECK(asks("verb: create", "aggregate: {group_by: [verb], alert_on_new: [exposure.change]}"));
}

TEST_CASE("an exception that asks for history waits for it too") {
  auto loaded = test::load(rule(kFirst, "verb: create"));
  Problems problems;
  const auto list =
      parse_yaml("- {name: known, rules: ['*'], condition: {exposure.before: open}, reason: r}\n",
                 "c.yaml", problems);
  auto exceptions = load_exceptions(list.at(0), "c.yaml", loaded.rules, problems);
  REQUIRE(problems.empty());
  const RuleSet rules(std::move(loaded.rules), std::move(exceptions));
  const test::Event pending(R"({"verb":"create","exposure":{"outcome":"succeeded"}})");
  std::vector<Match> matches;
  CHECK_FALSE(rules.match_pending(pending.event(), pending.record(), "log", 0, matches).empty());
  CHECK(matches.empty());
  const test::Event settled(R"({"verb":"create","exposure":{"before":"open"}})");
  rules.match_settled(settled.event(), settled.record(), "log", 0, matches);
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].exception == 0);
}

TEST_CASE("a service write is matched in two steps, each rule in one of them") {
  const RuleSet rules =
      test::rule_set(rule(kFirst, "verb: create") + rule(kSecond, "exposure.before: unknown") +
                     rule(kThird, "verb: delete, exposure.before: unknown"));
  const test::Event pending(R"({"verb":"create","exposure":{"outcome":"succeeded"}})");
  const test::Event settled(R"({"verb":"create","exposure":{"before":"unknown"}})");
  std::vector<Match> matches;
  CHECK_FALSE(rules.match_pending(pending.event(), pending.record(), "log", 7, matches).empty());
  CHECK(ids(rules, matches) == Ids{"1"});
  rules.match_settled(settled.event(), settled.record(), "log", 7, matches);
  CHECK(ids(rules, matches) == Ids{"1", "2"});
  CHECK(matches[1].write == 7U);

  // Where no rule can match any more, the second step is spared.
  const RuleSet third = test::rule_set(rule(kThird, "verb: delete, exposure.before: unknown"));
  matches.clear();
  CHECK(third.match_pending(pending.event(), pending.record(), "log", 0, matches).empty());
  // An event that is no service write has no history to wait for.
  const RuleSet absent = test::rule_set(rule(kFirst, "verb: create, exposure.opened: null"));
  const test::Event pod(R"({"verb":"create"})");
  CHECK(ids(absent, test::matches_of(absent, pod)) == Ids{"1"});
}

TEST_CASE("one request is told by the rule that the others yield to") {
  const std::string to_first = "yields_to: [" + kFirst + "]";
  const std::string to_both = "yields_to: [" + kFirst + ", " + kSecond + "]";
  const test::Event create(R"({"verb":"create","a":"x"})");
  const auto told = [&](const std::string& yaml) {
    const RuleSet rules = test::rule_set(yaml);
    return ids(rules, test::matches_of(rules, create));
  };
  const std::string first = rule(kFirst, "verb: create");
  const std::string second = rule(kSecond, "verb: create", to_first);
  const std::string third = rule(kThird, "verb: create", to_both);
  CHECK(told(first + second + third) == Ids{"1"});
  CHECK(told(third + second + first) == Ids{"1"});
  CHECK(told(rule(kFirst, "verb: delete") + second + third) == Ids{"2"});
  CHECK(told(rule(kFirst, "verb: delete") + rule(kSecond, "verb: delete", to_first) + third) ==
        Ids{"3"});
  // A rule that is not loaded is nobody to yield to, and without the key nobody yields.
  CHECK(told(second) == Ids{"2"});
  CHECK(told(first + rule(kSecond, "verb: create")) == Ids{"1", "2"});
  // Who yields in turn is still yielded to.
  CHECK(told(first + second + rule(kThird, "verb: create", "yields_to: [" + kSecond + "]")) ==
        Ids{"1"});
}

TEST_CASE("matches of one service write yield to each other, not to those of another") {
  const RuleSet rules = test::rule_set(
      rule(kFirst, "verb: create") + rule(kSecond, "verb: create", "yields_to: [" + kFirst + "]"));
  const auto match = [](std::uint32_t of_rule, std::uint32_t write, bool suppressed = false) {
    Match result;
    result.rule = of_rule;
    result.write = write;
    if (suppressed) result.exception = 0;
    return result;
  };
  std::vector<Match> matches = {match(0, 0), match(1, 0),       match(1, 1),
                                match(1, 2), match(0, 3, true), match(1, 3)};
  matches.emplace_back().rule = 1;
  rules.yield_of_writes(matches);
  // Of write 0 the first rule is left; the others have no superior that is told.
  CHECK(ids(rules, matches) == Ids{"1", "2", "2", "1", "2", "2"});
}

TEST_CASE("a list of rules to yield to is checked") {
  const auto problems = [](const std::string& more) {
    return test::load(test::rule_head(kFirst) +
                      "detection:\n  s: {verb: create}\n  condition: s\n" + more)
        .text();
  };
  CHECK(problems("yields_to: [" + kSecond + "]\n").empty());
  CHECK_THAT(problems("yields_to: [second]\n"), Catch::Contains("r.yml:10:12: 'yields_to' lists"));
  CHECK_THAT(problems("yields_to: [" + kFirst + "]\n"), Catch::Contains("yields to itself"));
  CHECK_THAT(test::load(rule(kFirst, "verb: a", "yields_to: [" + kSecond + "]") +
                        rule(kSecond, "verb: a", "yields_to: [" + kThird + "]") +
                        rule(kThird, "verb: a", "yields_to: [" + kFirst + "]"))
                 .text(),
             Catch::Contains("through others"));
  CHECK_THAT(problems("yield_to: [" + kSecond + "]\n"), Catch::Contains("almost 'yields_to'"));
}

}  // namespace nodeportd
