#include "aggregate/figures.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "base/digest.hpp"

namespace nodeportd {
namespace {

const Origin kOrigin{"prod", "cp-1", "e"};

Rule port_rule() {
  Rule rule;
  rule.id = "d7fc865e-b8a1-4029-a960-cf4403b821b6";
  rule.name = "Ports";
  rule.tags = {"attack.t1204", "attack.execution"};
  rule.aggregate.group_by = {{"user", "user.username"}, {"src_ip", "sourceIPs[]"}};
  rule.aggregate.values = {{"user_groups", "user.groups[]"}};
  RiskSpec risk;
  risk.confidence = 70;
  risk.impact = 70;
  risk.message = "creation from user $user$, $$ and $nobody$";
  risk.observables = {{"user", "User", Observable::Role::victim},
                      {"src_ip", "IP Address", Observable::Role::attacker}};
  risk.story = {"Kubernetes Security"};
  rule.risk = risk;
  return rule;
}

Match match_at(std::int64_t micros, const std::string& audit_id) {
  Match match;
  match.event.time = WallTime(Micros(micros));
  match.event.audit_id = audit_id;
  return match;
}

}  // namespace

TEST_CASE("windows tumble, aligned to 1970, and an event on a boundary begins the next") {
  Rule rule = port_rule();
  rule.aggregate.window = std::chrono::hours(1);
  const std::int64_t hour = 3'600'000'000;
  CHECK(window_start(WallTime(Micros(hour - 1)), rule) == WallTime(Micros(0)));
  CHECK(window_start(WallTime(Micros(hour)), rule) == WallTime(Micros(hour)));
  CHECK(window_start(WallTime(Micros(-1)), rule) == WallTime(Micros(-hour)));
  CHECK(window_start(WallTime(Micros(-hour)), rule) == WallTime(Micros(-hour)));
}

TEST_CASE("an alert's identity is SHA-256 over its length-prefixed parts, null unlike empty") {
  const Rule rule = port_rule();
  DigestBuilder by_hand;
  by_hand.field("prod").field("cp-1").field(rule.id).field("0");
  by_hand.field("user").field("alice").field("src_ip").null_field();
  CHECK(alert_id(kOrigin, rule, WallTime(), {"alice", std::nullopt}) == to_hex(by_hand.finish()));
  CHECK(alert_id(kOrigin, rule, WallTime(), {"alice", ""}) !=
        alert_id(kOrigin, rule, WallTime(), {"alice", std::nullopt}));
  CHECK(alert_id({"prod", "cp-2", "e"}, rule, WallTime(), {"a", "b"}) !=
        alert_id(kOrigin, rule, WallTime(), {"a", "b"}));
  CHECK(alert_id({"prod", "cp-1", "other"}, rule, WallTime(), {"a", "b"}) ==
        alert_id(kOrigin, rule, WallTime(), {"a", "b"}));
}

TEST_CASE("a window begins with who, from where, the message and the risk of its rule") {
  const Window window = begin_window(kOrigin, port_rule(), WallTime(), {"alice", "10.0.0.5"});
  CHECK(window.alert.user == "alice");
  CHECK(window.alert.src_ip == "10.0.0.5");
  CHECK(window.alert.message == "creation from user alice, $$ and $nobody$");
  CHECK(window.alert.score == 49);
  REQUIRE(window.alert.risk_objects.size() == 1);
  CHECK(window.alert.risk_objects[0].value == "alice");
  CHECK(window.alert.risk_objects[0].score == 49);
  REQUIRE(window.alert.threat_objects.size() == 1);
  CHECK(window.alert.threat_objects[0].value == "10.0.0.5");
  CHECK(window.alert.mitre_attack_ids == std::vector<std::string>{"T1204"});
}

TEST_CASE("figures are the same in whatever order matches arrive") {
  const Rule rule = port_rule();
  std::vector<Match> matches;
  for (int i = 0; i < 40; ++i) {
    matches.push_back(match_at(1'000 + i / 2, "id-" + std::to_string(i % 7)));
    matches.back().values = {{"g" + std::to_string(i % 5), "system:masters"}};
  }
  Window in_order = begin_window(kOrigin, rule, WallTime(), {"alice", "a"});
  for (const Match& match : matches) absorb(in_order, rule, match, nullptr);
  CHECK(in_order.alert.count == 40);
  CHECK(in_order.alert.first_time == WallTime(Micros(1'000)));
  CHECK(in_order.alert.last_time == WallTime(Micros(1'019)));
  REQUIRE(in_order.alert.events.size() == 3);
  CHECK(in_order.alert.events[0].audit_id == "id-0");
  CHECK(in_order.alert.events[1].audit_id == "id-1");
  CHECK(in_order.alert.events[2].audit_id == "id-2");
  CHECK(in_order.alert.values[0].second ==
        std::vector<std::string>{"g0", "g1", "g2", "g3", "g4", "system:masters"});

  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(matches.begin(), matches.end(), random);
    Window shuffled = begin_window(kOrigin, rule, WallTime(), {"alice", "a"});
    for (const Match& match : matches) absorb(shuffled, rule, match, nullptr);
    CHECK(shuffled.alert.first_time == in_order.alert.first_time);
    CHECK(shuffled.alert.last_time == in_order.alert.last_time);
    CHECK(shuffled.alert.values == in_order.alert.values);
    for (std::size_t i = 0; i < kEventsMax; ++i) {
      CHECK(shuffled.alert.events[i].audit_id == in_order.alert.events[i].audit_id);
    }
  }
}

TEST_CASE("a field keeps its 1,000 smallest values, whatever the order") {
  const Rule rule = port_rule();
  Window window = begin_window(kOrigin, rule, WallTime(), {"alice", "a"});
  for (int i = 2'999; i >= 0; --i) {
    Match match = match_at(1, "id");
    match.values = {{std::to_string(10'000 + i)}};
    absorb(window, rule, match, nullptr);
  }
  REQUIRE(window.alert.values[0].second.size() == kValuesMax);
  CHECK(window.alert.values[0].second.front() == "10000");
  CHECK(window.alert.values[0].second.back() == "10999");
}

TEST_CASE(
    "the facts of service writes are distinct, bounded, and those that succeeded come first") {
  const Rule rule = port_rule();
  std::vector<Exposure> facts;
  for (int i = 0; i < 60; ++i) {
    Exposure exposure;
    exposure.audit_id = "id-" + std::to_string(i / 2);
    exposure.outcome = i < 30 ? Exposure::Outcome::dry_run : Exposure::Outcome::rejected;
    facts.push_back(exposure);
  }
  facts.emplace_back().outcome = Exposure::Outcome::succeeded;
  std::mt19937 random(7);
  std::optional<std::vector<Exposure>> expected;
  for (int round = 0; round < 20; ++round) {
    std::shuffle(facts.begin(), facts.end(), random);
    Window window = begin_window(kOrigin, rule, WallTime(), {"alice", "a"});
    for (const Exposure& exposure : facts) absorb(window, rule, match_at(1, "id"), &exposure);
    const std::vector<Exposure>& kept = window.alert.exposures;
    REQUIRE(kept.size() == 31);  // each was given twice, but the one that succeeded
    CHECK(kept.front().outcome == Exposure::Outcome::succeeded);
    CHECK(kept[1].outcome == Exposure::Outcome::rejected);
    CHECK(kept.back().outcome == Exposure::Outcome::dry_run);
    CHECK(kept == expected.value_or(kept));
    expected = kept;
    for (int i = 0; i < 40; ++i) {
      Exposure more = facts.front();
      more.audit_id = "more-" + std::to_string(i);
      absorb(window, rule, match_at(1, "id"), &more);
    }
    CHECK(window.alert.exposures.size() == kExposuresMax);
  }
}

TEST_CASE("an alert lists so many doors of a write, and says how many more there are") {
  const Rule rule = port_rule();
  Window window = begin_window(kOrigin, rule, WallTime(), {"alice", "a"});
  Exposure exposure;
  exposure.outcome = Exposure::Outcome::succeeded;
  for (std::uint32_t i = 0; i < 70; ++i) {
    exposure.doors.node_ports.emplace_back().number = 30'000 + i;
    exposure.doors.external_ips.push_back("192.0.2." + std::to_string(i));
  }
  exposure.opened = exposure.doors;
  absorb(window, rule, match_at(1, "id"), &exposure);
  const Exposure& kept = window.alert.exposures.at(0);
  CHECK(kept.doors.node_ports.size() == kDoorsListed);
  CHECK(kept.doors.node_ports.back().number == 30'063);
  CHECK(kept.opened.external_ips.size() == kDoorsListed);
  CHECK(kept.unlisted == 12);
  absorb(window, rule, match_at(1, "id"), &exposure);
  CHECK(window.alert.exposures.size() == 1);
}

TEST_CASE(
    "no client can choose which writes an alert lists, by its auditIDs or by writes that open "
    "nothing") {
  const Rule rule = port_rule();
  Window window = begin_window(kOrigin, rule, WallTime(), {"alice", "a"});
  Exposure exposure;
  exposure.outcome = Exposure::Outcome::succeeded;
  for (int i = 0; i < 40; ++i) {
    exposure.audit_id = "0-decoy-" + std::to_string(i);
    absorb(window, rule, match_at(1, "id"), &exposure);
  }
  exposure.audit_id = "z";
  exposure.opened.node_ports.emplace_back().number = 30'123;
  absorb(window, rule, match_at(1, "id"), &exposure);
  CHECK(window.alert.exposures.front().audit_id == "z");
  exposure.uid = "b";
  absorb(window, rule, match_at(1, "id"), &exposure);
  exposure.audit_id = "a";
  exposure.uid = "c";
  absorb(window, rule, match_at(1, "id"), &exposure);
  CHECK(window.alert.exposures.at(1).uid == "b");
  CHECK(window.alert.exposures.at(2).uid == "c");
}

TEST_CASE("a value is fresh once, and what is remembered is bounded") {
  const Rule rule = port_rule();
  Window window = begin_window(kOrigin, rule, WallTime(), {"alice", "a"});
  Match match = match_at(1, "id");
  match.novelty = {5, 9};
  CHECK(absorb(window, rule, match, nullptr) == Novelty::fresh);
  CHECK(absorb(window, rule, match, nullptr) == Novelty::known);
  match.novelty = {9, 7};
  CHECK(absorb(window, rule, match, nullptr) == Novelty::fresh);
  for (std::uint64_t i = 100; i < 100 + 2 * kSeenMax; ++i) {
    match.novelty = {i};
    absorb(window, rule, match, nullptr);
  }
  CHECK(window.seen.size() == kSeenMax);
  CHECK(absorb(window, rule, match, nullptr) == Novelty::known);
}

}  // namespace nodeportd
