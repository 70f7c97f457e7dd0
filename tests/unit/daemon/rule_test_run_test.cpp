#include "daemon/verbs/rule_test_run.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "daemon/setup.hpp"
#include "decode/audit_decoder.hpp"
#include "sink/format.hpp"
#include "support/sample_alert.hpp"

namespace nodeportd {
namespace {

// The shipped rule whose tests open with `name`, alone, with its tests apart.
struct Shipped {
  explicit Shipped(const std::string& name) {
    Problems problems;
    std::vector<CompiledRule> all = compile_rules({}, problems);
    REQUIRE(problems.empty());
    for (CompiledRule& rule : all) {
      if (rule.rule.name == name) alone.push_back(std::move(rule));
    }
    REQUIRE(alone.size() == 1);
    tests = std::move(alone.front().tests);
  }
  RuleSet rules() { return {std::move(alone), {}}; }

  std::vector<CompiledRule> alone;
  std::vector<RuleTest> tests;
};

void collect_keys(const Value& value, const std::string& above, std::set<std::string>& keys) {
  for (std::size_t i = 0; value.kind == Value::Kind::array && i < value.size; ++i) {
    collect_keys(value.items[i], above, keys);
  }
  for (std::size_t i = 0; value.kind == Value::Kind::object && i < value.size; ++i) {
    const std::string path = above + std::string(value.members[i].name);
    keys.insert(path);
    if (path != "group" && path != "values") {
      collect_keys(value.members[i].value, path + '.', keys);
    }
  }
}

}  // namespace

TEST_CASE("a test may expect what an alert has, and nothing else") {
  Alert alert = test::sample_alert();
  Exposure exposure;
  exposure.doors.node_ports = {{31000, "http", 80, "8080", "TCP"}};
  exposure.opened = exposure.doors;
  alert.exposures = {exposure};
  alert.risk_objects = {{"user", "User", "alice", 49}};
  alert.threat_objects = {{"src_ip", "IP Address", "10.0.0.5", 0}};
  const std::string json = to_json(alert);
  AuditDecoder decoder;
  const auto decoded = decoder.decode(json);
  REQUIRE(decoded);
  std::set<std::string> keys;
  collect_keys(decoded->root, "", keys);
  CHECK(keys.erase("events.source") == 1);
  CHECK(keys.erase("undurable") + keys.erase("test") + keys.erase("closed_early") == 0);
  CHECK(keys == std::set<std::string>(alert_keys().begin(), alert_keys().end()));
}

TEST_CASE("each shipped rule has tests, and passes them") {
  Problems problems;
  for (CompiledRule& rule : compile_rules({}, problems)) {
    const std::vector<RuleTest> tests = std::exchange(rule.tests, {});
    CHECK(tests.size() >= 5);
    std::vector<CompiledRule> alone;
    alone.push_back(std::move(rule));
    const RuleSet rules(std::move(alone), {});
    for (const RuleTest& test : tests) {
      INFO(rules.catalog()[0].name << ": " << test.name);
      const auto found = run_rule_test(rules, test);
      REQUIRE(found);
      for (const Difference& each : *found) {
        UNSCOPED_INFO(each.path << ": " << each.expected << " / " << each.got);
      }
      CHECK(found->empty());
    }
  }
}

TEST_CASE("a test fails where the alerts are others, and where an event cannot be read") {
  Shipped shipped("Kubernetes Node Port Creation");
  RuleTest created = shipped.tests.at(0);
  REQUIRE(created.name == "a created NodePort");
  const RuleSet rules = shipped.rules();

  SECTION("an alert too few") {
    created.records.emplace_back(R"({"verb":"get"})");
    created.records[0].replace(created.records[0].find("NodePort"), 8, "NodeProt");
    const auto found = run_rule_test(rules, created);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK((*found)[0].path == "alerts[0]");
    CHECK((*found)[0].got == "nothing");
  }
  SECTION("an alert too many") {
    created.alerts.items.clear();
    const auto found = run_rule_test(rules, created);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK((*found)[0].expected == "nothing");
    CHECK((*found)[0].got.find(R"("user":"alice")") != std::string::npos);
  }
  SECTION("an event that the scan passes over, and that is none") {
    RuleTest broken{"broken", {}, {R"({"verb":"get")"}, {}};
    broken.alerts.kind = YamlNode::Kind::sequence;
    const auto found = run_rule_test(rules, broken);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK((*found)[0].path == "events[0]");
    CHECK((*found)[0].got == "what cannot be read: torn");
  }
}

}  // namespace nodeportd
