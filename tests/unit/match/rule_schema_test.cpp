#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "match/exceptions.hpp"
#include "match/rule_loader.hpp"
#include "support/schema_text.hpp"

using namespace nodeportd;
using nodeportd::test::in_one_line;
using nodeportd::test::listed_after;
using nodeportd::test::SchemaPlace;

namespace {

YamlSchema read_schema(const std::string& name) {
  return YamlSchema::parse(test::read_text(std::string(NODEPORTD_SCHEMAS) + "/" + name));
}

const YamlSchema& rule_schema() {
  static const YamlSchema read = read_schema("nodeportd-rules.schema.json");
  return read;
}

const std::string kRule =
    "title: T\n"
    "id: d7fc865e-b8a1-4029-a960-cf4403b821b6\n"
    "logsource: {product: kubernetes, service: audit}\n"
    "detection: {s: {verb: create}, condition: s}\n";
const std::string kRisk = "risk: {confidence: 1, impact: 1, message: m, ";

std::string complaints_of_rule(const std::string& text) {
  std::vector<CompiledRule> rules;
  Problems problems;
  load_rule_text(text, "r.yml", rules, problems);
  std::string lines;
  for (const Problem& problem : problems) lines += to_text(problem) + "\n";
  return lines;
}

// The maps of a rule file that take no keys but their own.
std::vector<SchemaPlace> closed_places() {
  const YamlNode& top = *rule_schema().root().find("properties");
  const YamlNode& definitions = *rule_schema().root().find("definitions");
  const auto keys = [](const YamlNode& node) { return rule_schema().keys(node, ""); };
  return {{"'aggregate'", keys(*top.find("aggregate")), kRule + "aggregate: {group_by: [verb], ",
           "}\n"},
          {"'risk'", keys(*top.find("risk")), kRule + kRisk, "}\n"},
          {"an observable", keys(*definitions.find("observable")),
           kRule + kRisk + "observables: [{field: user, type: User, role: victim, ", "}]}\n"},
          {"'tests'", keys(*top.find("tests")), kRule + "tests: {cases: [], ", "}\n"},
          {"a test", keys(*definitions.find("case")),
           kRule + "tests: {cases: [{name: n, alerts: [], events: [{}], ", "}]}\n"}};
}

}  // namespace

TEST_CASE("the schema of rules has the keys that the loader knows, no more and no fewer") {
  for (const SchemaPlace& place : closed_places()) {
    CAPTURE(place.name);
    CHECK(complaints_of_rule(place.before + place.after).empty());
    std::set<std::string> described;
    for (const auto& [key, node] : place.keys) described.emplace(key);
    const std::string said = complaints_of_rule(place.with("zzzzzzzz", "1"));
    CHECK(listed_after(said, "has no key 'zzzzzzzz': it has ", '\n') == described);
  }
  std::set<std::string> described;
  for (const auto& [key, node] : rule_schema().keys(rule_schema().root(), "")) {
    described.emplace(key);
  }
  const std::vector<std::string_view> known = rule_keys();
  CHECK(described == std::set<std::string>{known.begin(), known.end()});
}

TEST_CASE("the defaults of rules are those of the loader, and so are words and ranges") {
  const auto loaded = [](const std::string& text) {
    std::vector<CompiledRule> rules;
    Problems problems;
    load_rule_text(text, "r.yml", rules, problems);
    REQUIRE(problems.empty());
    return rules.at(0).rule;
  };
  const YamlNode& top = *rule_schema().root().find("properties");
  const YamlNode& level = *top.find("level");
  CHECK(to_text(loaded(kRule).level) == level.find("default")->scalar);
  for (const std::string_view word : rule_schema().words(level)) {
    CHECK(complaints_of_rule(kRule + "level: " + std::string(word) + "\n").empty());
  }
  CHECK_FALSE(complaints_of_rule(kRule + "level: none\n").empty());

  const std::string begun = kRule + "aggregate: {group_by: [verb]";
  const YamlNode& aggregate = *top.find("aggregate")->find("properties");
  const Rule without = loaded(begun + "}\n");
  const Rule with = loaded(
      begun + ", window: " + in_one_line(*aggregate.find("window")->find("default")) +
      ", alert_on_new: " + in_one_line(*aggregate.find("alert_on_new")->find("default")) + "}\n");
  CHECK(with.aggregate.window == without.aggregate.window);
  CHECK(with.aggregate.alert_on_new == without.aggregate.alert_on_new);

  const YamlNode& range = *aggregate.find("window")->find("x-range");
  for (const YamlNode& bound : range.items) {
    CHECK(complaints_of_rule(begun + ", window: " + bound.scalar + "}\n").empty());
  }
  CHECK_FALSE(complaints_of_rule(begun + ", window: 999ms}\n").empty());
  CHECK_FALSE(complaints_of_rule(begun + ", window: 7d1ms}\n").empty());
}

TEST_CASE("a rule without a key that the schema asks for is refused") {
  const YamlNode& required = *rule_schema().root().find("required");
  CHECK(required.items.size() == 4);
  for (const YamlNode& key : required.items) {
    std::string text = kRule;
    const std::size_t at = text.find(key.scalar + ":");
    text.erase(at, text.find('\n', at) + 1 - at);
    CAPTURE(key.scalar);
    CHECK(complaints_of_rule(text).find("needs '" + key.scalar + "'") != std::string::npos);
  }
}

TEST_CASE("the schema of the config knows the keys of an exception") {
  const YamlSchema config = read_schema("nodeportd.schema.json");
  const YamlNode& exception = *config.root().find("definitions")->find("exception");
  const auto complaints = [](const std::string& text) {
    Problems problems;
    const std::vector<YamlNode> documents = parse_yaml(text, "c.yaml", problems);
    (void)load_exceptions(documents.at(0), "c.yaml", {}, problems);
    std::string lines;
    for (const Problem& problem : problems) lines += to_text(problem) + "\n";
    return lines;
  };
  std::set<std::string> described;
  std::string example = "- {";
  for (const auto& [key, node] : config.keys(exception, "")) {
    described.emplace(key);
    const std::string value =
        key == "rules" ? "'*'" : in_one_line(node->find("examples")->items.at(0));
    example += std::string(key) + ": " + value + ", ";
  }
  CHECK(complaints(example + "}\n").empty());
  CHECK(listed_after(complaints("- {zzzzzzzz: 1}\n"), "has no key 'zzzzzzzz': it has ", '\n') ==
        described);
  for (const YamlNode& key : exception.find("required")->items) {
    CHECK(complaints("- {}\n").find("needs '" + key.scalar + "'") != std::string::npos);
  }
}
