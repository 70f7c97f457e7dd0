// The tests that stand in rule files: how they load, and how an alert is compared.
#include "match/expected_alert.hpp"
#include "match/plain_scalar.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using test::load;
using test::rule_head;

// The `tests` block begins in line 10.
std::string rule_tested_by(const std::string& tests) {
  return rule_head() + "detection: {sel: {verb: create}, condition: sel}\n" +
         "aggregate: {group_by: [{user: user.username}], values: [verb]}\n" + "tests:\n" + tests;
}

std::vector<RuleTest> tests_of(const std::string& tests) {
  return std::move(test::compile(rule_tested_by(tests)).tests);
}

TEST_CASE("events become the lines of a log: maps as JSON, texts as they are") {
  const auto tests = tests_of(R"(
    event: {verb: create, user: {username: alice, groups: [a, b]}, code: 1}
    cases:
        - name: first
          events:
              - {}
              - {user: {username: bob, groups: [c]}, code: null, sub: {x: []}}
              - {t: 'true', b: True, n: -4.03e2, p: +7, s: 2026-11-24, q: '7',
                 e: "a\"\\\n\tb", z: ~}
              - '{"raw": 1}'
              - |
                  two
                  lines
          alerts: []
        - {name: second, events: [{}], alerts: [{count: 1}]})");
  REQUIRE(tests.size() == 2);
  const std::string common =
      R"({"verb":"create","user":{"username":"alice","groups":["a","b"]},"code":1)";
  CHECK(tests[0].records ==
        std::vector<std::string>{
            common + "}",
            R"({"verb":"create","user":{"username":"bob","groups":["c"]},"code":null,)"
            R"("sub":{"x":[]}})",
            common + R"(,"t":"true","b":true,"n":-4.03e2,"p":7,"s":"2026-11-24","q":"7",)"
                     R"("e":"a\"\\\u000a\u0009b","z":null})",
            R"({"raw": 1})", "two\nlines"});
  CHECK(tests[0].name == "first");
  CHECK(tests[0].place.line == 13);
  CHECK(tests[1].alerts.items.size() == 1);
  for (const std::string& record : tests[0].records) {
    if (record.starts_with('{')) CHECK(AuditDecoder().decode(record));
  }
}

struct Slip {
  std::string tests;
  std::string problem;
};

TEST_CASE("what a slip would change in silence is refused at its place") {
  const std::string head = "    cases:\n        - name: a\n          events: [{v: 1}]\n";
  const auto row = GENERATE_COPY(values<Slip>({
      {"    - {}\n", "10:5: 'tests' must be a map, this is a list"},
      {"    case: []\n",
       "10:5: 'tests' needs 'cases'\nr.yml:10:5: 'tests' has no key 'case': did you mean 'cases'?"},
      {"    cases: {}\n", "10:12: 'cases' must be a list of at most 1,000 tests"},
      {"    event: x\n    cases: []\n", "10:12: 'event' is a map of what the events share"},
      {"    cases: [{name: a, events: [], alerts: []}]\n",
       "10:31: 'events' must be a list of 1 to 10,000 events"},
      {"    cases: [{name: a, events: [plain], alerts: []}]\n",
       "10:32: an event is a map, or what stands in the log, in quotes or a block"},
      {"    cases: [{name: a, events: [{v: 0x1}], alerts: []}]\n",
       "10:36: '0x1' may be read as text or as a number: write it in quotes, or as a decimal"},
      {"    cases: [{name: a, events: [{v: 1}]}]\n", "10:13: a test needs 'alerts'"},
      {"    cases: [{events: [{v: 1}], alerts: []}]\n", "10:13: a test needs 'name'"},
      {"    cases: [{name: a, alerts: []}]\n", "10:13: a test needs 'events'"},
      {head + "          alerts: none\n", "13:19: 'alerts' must be a list: [] for none"},
      {head + "          alerts: [5]\n", "13:20: an expected alert is a map of what it must hold"},
      {head + "          alert: []\n          alerts: []\n",
       "13:11: a test has no key 'alert': did you mean 'alerts'?"},
      {head + "          alerts: [{exposures: []}]\n",
       "13:21: an alert of this rule has no 'exposures': did you mean 'exposure'?"},
      {head + "          alerts: [{group: {usr: a}}]\n",
       "13:29: an alert of this rule has no 'group.usr': did you mean 'group.user'?"},
      {head + "          alerts: [{exposure: [{opened: {node_ports: [{numbr: 1}]}}]}]\n",
       "13:56: an alert of this rule has no 'exposure.opened.node_ports.numbr': did you mean "
       "'exposure.opened.node_ports.number'?"},
      {head + "          alerts: []\n        - {name: a, events: [{v: 1}], alerts: []}\n",
       "14:18: two tests are called 'a'"},
  }));
  INFO(row.tests);
  CHECK(load(rule_tested_by(row.tests)).text() == "r.yml:" + row.problem + "\n");
}

TEST_CASE("a small file cannot stand for gigabytes of events") {
  std::string tests = "    event: {pad: '" + std::string(400'000, 'x') + "'}\n    cases:\n";
  tests += "        - name: a\n          alerts: []\n          events: [{}";
  for (int i = 0; i < 300; ++i) tests += ", {}";
  const auto loaded = load(rule_tested_by(tests + "]\n"));
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].text == "the events of all rules' tests are over 64 MiB");
  CHECK(loaded.problems[0].place.line == 14);
}

TEST_CASE("tests cost the running daemon nothing") {
  const RuleSet rules =
      test::rule_set(rule_tested_by("    cases: [{name: a, events: [{v: 1}], alerts: []}]\n"));
  CHECK(rules.size() == 1);
}

// The differences, a line each.
std::string compared(const std::string& expected, const std::string& got) {
  Problems problems;
  const auto documents = parse_yaml(expected, "e", problems);
  REQUIRE(problems.empty());
  AuditDecoder decoder;
  decoder.open(got);
  const auto value = decoder.next();
  REQUIRE(value);
  REQUIRE(*value);
  std::string lines;
  for (const Difference& each : differences(documents.at(0), **value, "a")) {
    lines += each.path + ": " + each.expected + " / " + each.got + "\n";
  }
  return lines;
}

struct Compared {
  std::string expected;
  std::string got;
  std::string differences;
};

TEST_CASE("an expected alert is a part of the alert, and nothing else passes for it") {
  const auto row = GENERATE(values<Compared>({
      {"[]", "[]", ""},
      {"{a: 1}", R"({"a":1,"b":2})", ""},
      {"{a: {b: [x, {c: null}]}}", R"({"a":{"b":["x",{"c":null,"d":1}]},"e":0})", ""},
      {"{a: 1.0e1, t: True}", R"({"a":10,"t":true})", ""},
      {"[]", R"([{"a":1}])", "a[0]: nothing / {\"a\":1}\n"},
      {"[{a: 1}]", "[]", "a[0]: {\"a\":1} / nothing\n"},
      {"[1, 2]", "[1,3,4]", "a[1]: 2 / 3\na[2]: nothing / 4\n"},
      {"[x]", R"(["x","y"])", "a[1]: nothing / \"y\"\n"},
      {"{b: null}", "{}", "a.b: null / nothing\n"},
      {"{b: null}", R"({"b":0})", "a.b: null / 0\n"},
      {"{b: '1'}", R"({"b":1})", "a.b: \"1\" / 1\n"},
      {"{b: 1}", R"({"b":"1"})", "a.b: 1 / \"1\"\n"},
      {"{b: 'true'}", R"({"b":true})", "a.b: \"true\" / true\n"},
      {"{b: true}", R"({"b":false})", "a.b: true / false\n"},
      {"{b: X}", R"({"b":"x"})", "a.b: \"X\" / \"x\"\n"},
      {"{b: {}}", R"({"b":[]})", "a.b: {} / []\n"},
      {"{b: []}", R"({"b":null})", "a.b: [] / null\n"},
      {"{b: {c: 1}}", R"({"b":{"c":2}})", "a.b.c: 1 / 2\n"},
  }));
  INFO(row.expected << " against " << row.got);
  CHECK(compared(row.expected, row.got) == row.differences);
}

}  // namespace
}  // namespace nodeportd
