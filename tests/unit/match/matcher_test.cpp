// What a matched event becomes: groups, values, novelty, references. And what Splunk would keep.
#include <algorithm>

#include "base/digest.hpp"
#include "base/time_text.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using test::Event;
using test::matches_of;
using test::rule_head;
using test::rule_set;

RuleSet rules_with(const std::string& aggregate) {
  return rule_set(rule_head() + "detection:\n  sel: {verb: create}\n  condition: sel\n" +
                  "aggregate:\n" + test::indented(aggregate, "  ") + "\n");
}

Group group(std::initializer_list<const char*> texts) {
  Group result;
  for (const char* text : texts) {
    if (text == nullptr)
      result.emplace_back();
    else
      result.emplace_back(text);
  }
  return result;
}

TEST_CASE("groups are the sorted product of each field's distinct values") {
  struct Row {
    std::string aggregate;
    std::string event;
    std::vector<Group> expected;
  };
  const Row row = GENERATE(values<Row>({
      {"group_by: [user.username, verb]",
       R"({"verb":"create","user":{"username":"eve"}})",
       {group({"eve", "create"})}},
      {"group_by: [verb, 'ip[]']",
       R"({"verb":"create","ip":["b","a","b"]})",
       {group({"create", "a"}), group({"create", "b"})}},
      {"group_by: ['a[]', 'b[]']",
       R"({"verb":"create","a":["2","1"],"b":["y","x"]})",
       {group({"1", "x"}), group({"1", "y"}), group({"2", "x"}), group({"2", "y"})}},
      {"group_by: [verb, gone]", R"({"verb":"create"})", {group({"create", nullptr})}},
      {"group_by: [verb, gone]", R"({"verb":"create","gone":null})", {group({"create", nullptr})}},
      {"group_by: [verb, gone]",
       R"({"verb":"create","gone":{"a":1}})",
       {group({"create", nullptr})}},
      {"group_by: [verb, 'gone[]']",
       R"({"verb":"create","gone":[]})",
       {group({"create", nullptr})}},
      {"group_by: [verb, gone]", R"({"verb":"create","gone":""})", {group({"create", ""})}},
      {"group_by: [verb, 'a[]']", R"({"verb":"create","a":[null,"x"]})", {group({"create", "x"})}},
      {"group_by: [verb, gone]\nfill: '0'", R"({"verb":"create"})", {group({"create", "0"})}},
      {"group_by: [verb, gone]\nfill: '0'",
       R"({"verb":"create","gone":"x"})",
       {group({"create", "x"})}},
      {"group_by: [c, t, f]",
       R"({"verb":"create","c":2.010e2,"t":true,"f":false})",
       {group({"2.010e2", "true", "false"})}},  // numbers as they are written
      {"group_by: ['a[]']",
       R"({"verb":"create","a":["ä","z","A","1","a"]})",
       {group({"1"}), group({"A"}), group({"a"}), group({"z"}), group({"ä"})}},  // by bytes
      {"group_by: [verb]", R"({"verb":"update","verb":"create"})", {group({"create"})}},
      {"group_by: [n]", R"({"verb":"create","n":"a","n":"b"})", {group({"b"})}},
  }));
  INFO(row.aggregate << " on " << row.event);
  const RuleSet rules = rules_with(row.aggregate);
  const Event event(row.event);
  const auto matches = matches_of(rules, event);
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].rule == 0);
  CHECK(matches[0].exception == Match::kNoException);
  CHECK(matches[0].groups == row.expected);
}

TEST_CASE("an event that does not match gives nothing") {
  const RuleSet rules = rules_with("group_by: [verb]");
  CHECK(matches_of(rules, Event(R"({"verb":"update"})")).empty());
  CHECK(matches_of(rules, Event(R"({"verb":"create","verb":"update"})")).empty());
}

std::string list_of(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) list += (i == 0 ? "\"" : ",\"") + std::to_string(1000 + i) + "\"";
  return "[" + list + "]";
}

TEST_CASE("of more than 256 groups the smallest are kept, and it is told") {
  const RuleSet rules = rules_with("group_by: ['a[]', 'b[]']");
  const auto with = [](int a, int b) {
    return R"({"verb":"create","a":)" + list_of(a) + R"(,"b":)" + list_of(b) + "}";
  };
  CHECK(matches_of(rules, Event(with(16, 16))).size() == 1);

  const auto [a, b] = GENERATE(table<int, int>({{257, 1}, {1, 257}, {16, 17}, {3000, 3000}}));
  const Event event(with(a, b));
  const auto matches = matches_of(rules, event, "/var/log/audit.log", 77);
  REQUIRE(matches.size() == 2);
  REQUIRE(matches[0].groups.size() == 256);
  CHECK(std::is_sorted(matches[0].groups.begin(), matches[0].groups.end()));
  CHECK(matches[0].groups.front() == group({"1000", "1000"}));
  const int last = 255;  // counted from 0, the last field fastest
  const int width = std::min(b, 257);
  CHECK(matches[0].groups.back() ==
        Group{std::to_string(1000 + last / width), std::to_string(1000 + last % width)});
  CHECK(matches[1].rule == rules.groups_truncated_index());
  CHECK(matches[1].groups ==
        std::vector<Group>{group({"/var/log/audit.log", "11111111-1111-4111-8111-111111111111"})});
  CHECK(matches[1].event.offset == 77);
}

TEST_CASE("a text over 4,096 bytes is cut and stays distinct") {
  const RuleSet rules = rules_with("group_by: [n]\nvalues: ['v[]']");
  const std::string common(4'096, 'x');
  const auto text = [&](const std::string& name) {
    const Event event(R"({"verb":"create","n":")" + name + R"(","v":["short",")" + name + R"("]})");
    const Match match = matches_of(rules, event).front();
    CHECK(match.values == std::vector<std::vector<std::string>>{{"short", *match.groups[0][0]}});
    return *match.groups.front().front();
  };
  CHECK(text(common) == common);
  const std::string cut = text(common + "a");
  CHECK(cut.starts_with(std::string(4'000, 'x')));
  CHECK(cut.ends_with("…#" + to_hex(digest_of(common + "a")).substr(0, 16)));
  CHECK(cut.size() <= 4'096 + 17);
  CHECK(cut != text(common + "b"));
}

TEST_CASE("values are each field's distinct values, sorted") {
  const RuleSet rules = rules_with("group_by: [verb]\nvalues: {g: 'user.groups[]', n: name}");
  const Event event(R"({"verb":"create","user":{"groups":["b","a","b",7]}})");
  CHECK(matches_of(rules, event).front().values ==
        std::vector<std::vector<std::string>>{{"7", "a", "b"}, {}});
}

TEST_CASE("novelty tells values of alert_on_new apart, and the fields they stand in") {
  const RuleSet rules = rules_with("group_by: [verb]\nalert_on_new: [uid, 'p[].n', other]");
  const auto novelty = [&](const std::string& fields) {
    return matches_of(rules, Event(R"({"verb":"create")" + fields + "}")).front().novelty;
  };
  CHECK(novelty("").empty());
  const auto one = novelty(R"(,"uid":"x")");
  REQUIRE(one.size() == 1);
  CHECK(novelty(R"(,"uid":"x")") == one);
  CHECK(novelty(R"(,"uid":"y")") != one);
  CHECK(novelty(R"(,"other":"x")") != one);
  CHECK(novelty(R"(,"p":[{"n":1},{"n":2},{"n":1}])").size() == 2);
  const auto two = novelty(R"(,"uid":"x","other":"y")");
  CHECK(std::is_sorted(two.begin(), two.end()));
  CHECK(std::find(two.begin(), two.end(), one[0]) != two.end());
}

TEST_CASE("a match says where its event stands") {
  const RuleSet rules = rules_with("group_by: [verb]");
  const auto reference = [&](const std::string& fields) {
    const Event event(R"({"verb":"create")" + fields + "}");
    return matches_of(rules, event, "/log", 4'711).front().event;
  };
  const EventRef whole = reference(R"(,"auditID":"id-1","stage":"ResponseComplete",)"
                                   R"("stageTimestamp":"2026-11-24T08:59:27.277194Z",)"
                                   R"("requestReceivedTimestamp":"2026-11-24T08:59:26Z")");
  CHECK(whole.audit_id == "id-1");
  CHECK(whole.stage == "ResponseComplete");
  CHECK(whole.source == "/log");
  CHECK(whole.offset == 4'711);
  CHECK(whole.time == parse_time("2026-11-24T08:59:27.277194Z"));
  CHECK(reference(R"(,"requestReceivedTimestamp":"2026-11-24T08:59:26Z")").time ==
        parse_time("2026-11-24T08:59:26Z"));
  CHECK(reference(R"(,"stageTimestamp":"soon","requestReceivedTimestamp":"2026-11-24T08:59:26Z")")
            .time == parse_time("2026-11-24T08:59:26Z"));
  CHECK(reference(R"(,"stageTimestamp":7)").time == WallTime());
  CHECK(reference(R"(,"auditID":")" + std::string(9'000, 'a') + "\"").audit_id.size() <= 256);
}

TEST_CASE("the catalog ends with the built-in rules that records give") {
  const RuleSet rules = rules_with("group_by: [verb]");
  REQUIRE(rules.catalog().size() == 3);
  CHECK(rules.size() == 1);
  CHECK(rules.catalog()[0].name == "Test");
  CHECK(rules.catalog()[rules.line_uninspectable_index()].id == builtin::line_uninspectable().id);
  CHECK(rules.catalog()[rules.groups_truncated_index()].id == builtin::groups_truncated().id);
}

TEST_CASE("a record that cannot be read is a match of its own") {
  const RuleSet rules = rules_with("group_by: [verb]");
  EventRef where;
  where.audit_id = "id";
  where.offset = 9;
  const Match match = uninspectable_match(rules, "/log", "torn", where);
  CHECK(match.rule == rules.line_uninspectable_index());
  CHECK(match.groups == std::vector<Group>{group({"/log", "torn"})});
  CHECK(match.event.audit_id == "id");
  CHECK(match.event.offset == 9);
  CHECK(match.exception == Match::kNoException);
}

TEST_CASE("Splunk keeps every value: repeats, and duplicate keys") {
  const RuleSet rules =
      rules_with("group_by: [verb, name, 'ip[]']\nvalues: {groups: 'user.groups[]'}\nfill: '0'");
  using Lists = std::vector<std::vector<std::string>>;
  const auto row = [&](const std::string& json) {
    const Event event(json);
    return rules.splunk_row(0, event.event());
  };
  const auto found = row(R"({"verb":"CREATE","ip":["b","a","b"],"user":{"groups":["z","z"]}})");
  REQUIRE(found);
  CHECK(found->rule == 0);
  CHECK(found->by == Lists{{"CREATE"}, {}, {"b", "a", "b"}});
  CHECK(found->values == Lists{{"z", "z"}});
  const auto twice = row(R"({"verb":"create","verb":"update","name":"a","name":"b"})");
  REQUIRE(twice);  // one of the two values is the one that is looked for
  CHECK(twice->by == Lists{{"create", "update"}, {"a", "b"}, {}});
  CHECK_FALSE(row(R"({"verb":"update"})"));
}

}  // namespace
}  // namespace nodeportd
