#include "daemon/engine/backlog.hpp"

#include <catch2/catch.hpp>

namespace nodeportd {
namespace {

Window window_of(const std::string& id, std::uint64_t count) {
  Window window;
  window.alert.id = id;
  window.alert.count = count;
  return window;
}

Changes changes_of(std::vector<Window> windows, std::vector<std::string> alerts) {
  Changes changes;
  changes.windows = std::move(windows);
  for (const std::string& id : alerts) {
    Outgoing outgoing;
    outgoing.alert.id = id;
    outgoing.sinks = {"file", "hook"};
    changes.outgoing.push_back(outgoing);
  }
  return changes;
}

ServiceChange change_of(ServiceChange::Kind kind, const std::string& name,
                        const std::string& uid = "") {
  ServiceChange change{kind, {}};
  change.service.cluster = "prod";
  change.service.ns = "default";
  change.service.name = name;
  change.service.uid = uid;
  return change;
}

}  // namespace

TEST_CASE("one mark per file is committed, the latest") {
  Backlog backlog;
  FileMark mark;
  mark.stream = "audit.log";
  mark.inode = 1;
  for (const std::uint64_t offset : {10U, 20U, 30U}) {
    mark.offset = offset;
    backlog.add(mark);
  }
  mark.inode = 2;
  backlog.add(mark);
  REQUIRE(backlog.changes().positions.size() == 2);
  CHECK(backlog.changes().positions[0].offset == 30);
  backlog.clear();
  CHECK(backlog.empty());
}

TEST_CASE("what a failed commit left is merged: one figure per window, every alert kept") {
  Backlog backlog;
  backlog.add(changes_of({window_of("a", 1), window_of("b", 1)}, {"a"}));
  backlog.add(changes_of({window_of("a", 2), window_of("c", 1)}, {"b"}));
  const Changes& changes = backlog.changes();
  REQUIRE(changes.windows.size() == 3);
  CHECK(changes.windows[0].alert.count == 2);
  CHECK(changes.windows[2].alert.id == "c");
  CHECK(changes.outgoing.size() == 2);
  REQUIRE(backlog.find_window("a") != nullptr);
  CHECK(backlog.find_window("a")->alert.count == 2);
  CHECK(backlog.find_window("z") == nullptr);
}

TEST_CASE("alerts given away undurable go out once, and stay for the history alone") {
  Backlog backlog;
  backlog.add(changes_of({}, {"a", "b"}));
  const auto first = backlog.take_undurable();
  REQUIRE(first.size() == 2);
  CHECK(first[0].alert.undurable);
  CHECK(first[0].sinks.size() == 2);
  backlog.add(changes_of({}, {"c"}));
  const auto second = backlog.take_undurable();
  REQUIRE(second.size() == 1);
  CHECK(second[0].alert.id == "c");
  REQUIRE(backlog.changes().outgoing.size() == 3);
  for (const Outgoing& outgoing : backlog.changes().outgoing) {
    CHECK(outgoing.sinks.empty());
    CHECK(outgoing.alert.undurable);
  }
}

TEST_CASE("of a stream one watermark is kept, the latest, and of an exception one sum") {
  Backlog backlog;
  for (int i = 1; i <= 3; ++i) {
    Changes changes;
    changes.watermarks = {{"audit.log", WallTime(Micros(i))}, {"other.log", WallTime()}};
    changes.suppressions = {{"ingress", 2}};
    backlog.add(std::move(changes));
  }
  const Changes& changes = backlog.changes();
  REQUIRE(changes.watermarks.size() == 2);
  CHECK(changes.watermarks[0].second == WallTime(Micros(3)));
  REQUIRE(changes.suppressions.size() == 1);
  CHECK(changes.suppressions[0].second == 6);
}

TEST_CASE("what waits is weighed as it grows, changes and goes") {
  Backlog backlog;
  CHECK(backlog.bytes() == 0);
  Window heavy = window_of("a", 1);
  heavy.alert.message = std::string(100'000, 'x');
  backlog.add(changes_of({heavy, window_of("b", 1)}, {"a", "b"}));
  const std::size_t first = backlog.bytes();
  CHECK(first > 100'000);
  CHECK(first < 110'000);
  backlog.add(changes_of({window_of("c", 1)}, {"c"}));
  CHECK(backlog.bytes() > first);
  // One figure per window: that which takes its place counts.
  backlog.add(changes_of({window_of("a", 2)}, {}));
  CHECK(backlog.bytes() < 10'000);
  Backlog weighed_late;
  for (const auto& window : backlog.changes().windows) weighed_late.add(changes_of({window}, {}));
  weighed_late.add(changes_of({}, {"a", "b", "c"}));
  CHECK(weighed_late.bytes() == backlog.bytes());
  backlog.clear();
  CHECK(backlog.bytes() == 0);
}

TEST_CASE("alerts that were given away make room, the oldest first; windows and others stay") {
  Backlog backlog;
  backlog.add(changes_of({window_of("w", 1)}, {"a", "b", "c"}));
  CHECK(backlog.take_undurable().size() == 3);
  backlog.add(changes_of({}, {"d"}));
  const std::size_t all = backlog.bytes();
  backlog.forget_told(all);
  CHECK(backlog.changes().outgoing.size() == 4);
  backlog.forget_told(all - 1);
  REQUIRE(backlog.changes().outgoing.size() == 3);
  CHECK(backlog.changes().outgoing.front().alert.id == "b");
  backlog.forget_told(0);
  REQUIRE(backlog.changes().outgoing.size() == 1);
  CHECK(backlog.changes().outgoing.front().alert.id == "d");
  CHECK(backlog.changes().windows.size() == 1);
  CHECK(backlog.bytes() > 0);
  const auto later = backlog.take_undurable();
  REQUIRE(later.size() == 1);
  CHECK(later.front().alert.id == "d");
}

TEST_CASE("of a Service the latest change waits, and overrides what the state says") {
  using Kind = ServiceChange::Kind;
  Backlog backlog;
  CHECK(backlog.find_service("prod", "default", "a") == nullptr);
  Changes changes;
  changes.services = {change_of(Kind::known, "a", "1"), change_of(Kind::known, "b", "1"),
                      change_of(Kind::forgotten, "a")};
  backlog.add(changes);
  REQUIRE(backlog.find_service("prod", "default", "a") != nullptr);
  CHECK(backlog.find_service("prod", "default", "a")->kind == Kind::forgotten);
  changes.services = {change_of(Kind::known, "a", "2")};
  backlog.add(changes);
  CHECK(backlog.find_service("prod", "default", "a")->service.uid == "2");
  CHECK(backlog.find_service("prod", "default", "b")->service.uid == "1");
  CHECK(backlog.find_service("prod", "default", "c") == nullptr);
  CHECK(backlog.find_service("test", "default", "a") == nullptr);
  CHECK(backlog.find_service("prod", "defaul", "ta") == nullptr);
  CHECK(backlog.changes().services.size() == 2);
  CHECK(backlog.has_figures());
  backlog.clear();
  CHECK(backlog.empty());
  CHECK(backlog.find_service("prod", "default", "a") == nullptr);
}

TEST_CASE("Services beyond the bound are all unknown, and known again from there") {
  using Kind = ServiceChange::Kind;
  Backlog backlog;
  (void)backlog.bytes();  // asked for while the state cannot be written
  Changes changes;
  changes.services = {change_of(Kind::forgotten, "closed")};
  ServiceChange heavy = change_of(Kind::known, "a");
  heavy.service.node_ports.resize(200);
  for (auto& port : heavy.service.node_ports) port.by = std::string(25'000, 'x');
  for (int i = 0; i < 5; ++i) changes.services.push_back(heavy);  // one of them is kept
  backlog.add(changes);
  CHECK(backlog.find_service("prod", "default", "closed")->kind == Kind::forgotten);
  CHECK(backlog.find_service("prod", "default", "never seen") == nullptr);

  changes.services.clear();
  for (int i = 0; i < 3; ++i) {
    heavy.service.name = "heavy" + std::to_string(i);
    changes.services.push_back(heavy);
  }
  changes.services.push_back(change_of(Kind::known, "after", "9"));
  backlog.add(changes);
  CHECK(backlog.find_service("prod", "default", "after")->service.uid == "9");
  for (const char* name : {"closed", "heavy0", "never seen"}) {
    REQUIRE(backlog.find_service("prod", "default", name) != nullptr);
    CHECK(backlog.find_service("prod", "default", name)->kind == Kind::all_forgotten);
  }
  REQUIRE(backlog.changes().services.size() == 2);
  CHECK(backlog.changes().services[0].kind == Kind::all_forgotten);
}

TEST_CASE("no Service is forgotten for what others hold while the state can be written") {
  Backlog backlog;
  Changes changes;
  changes.services = {change_of(ServiceChange::Kind::known, "honest", "7")};
  ServiceChange heavy = change_of(ServiceChange::Kind::known, "heavy");
  heavy.service.external_ips.resize(4'096);
  for (auto& address : heavy.service.external_ips) address.by = std::string(5'000, 'x');
  changes.services.push_back(heavy);  // 20 MB
  backlog.add(changes);
  CHECK(backlog.changes().services.size() == 2);
  CHECK(backlog.find_service("prod", "default", "honest")->service.uid == "7");
}

TEST_CASE("of the auditIDs that wait the latest 100,000 at least are kept, in their order") {
  Backlog backlog;
  Changes changes;
  for (std::uint64_t turn = 0; turn < 11; ++turn) {
    changes.audit_ids.clear();
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      const std::uint64_t sequence = 1 + turn * 20'000 + i;
      changes.audit_ids.push_back({sequence, sequence + 1'000'000, 0, {}});
    }
    backlog.add(changes);
    CHECK(backlog.has_figures());
    CHECK(backlog.changes().audit_ids.size() <= 200'000);
  }
  const std::vector<AuditIdUse>& kept = backlog.changes().audit_ids;
  REQUIRE(kept.size() >= 100'000);
  CHECK(kept.back().sequence == 11 * 20'000);
  CHECK(kept.front().sequence == kept.back().sequence - kept.size() + 1);
  backlog.clear();
  CHECK(backlog.empty());
}

TEST_CASE("what waits is crowded before it takes much memory, by windows or by Services") {
  Backlog backlog;
  std::vector<Window> windows;
  for (int i = 0; i < 4'095; ++i) windows.push_back(window_of("w" + std::to_string(i), 1));
  backlog.add(changes_of(std::move(windows), {}));
  CHECK_FALSE(backlog.is_crowded());
  backlog.add(changes_of({window_of("w7", 2)}, {}));
  CHECK_FALSE(backlog.is_crowded());
  backlog.add(changes_of({window_of("new", 1)}, {}));
  CHECK(backlog.is_crowded());

  Backlog services;
  ServiceChange heavy = change_of(ServiceChange::Kind::known, "a");
  heavy.service.node_ports.resize(100);
  for (auto& port : heavy.service.node_ports) port.by = std::string(50'000, 'x');
  Changes changes;
  changes.services = {heavy};
  services.add(changes);
  CHECK(services.is_crowded());
}

TEST_CASE("windows that wait are visited by start, rule and group bytes, a null before all else") {
  using Value = std::optional<std::string>;
  Backlog backlog;
  const auto window = [](const std::string& id, int start, const std::string& rule, Value value) {
    Window made = window_of(id, 1);
    made.alert.window_start = WallTime(Micros(start));
    made.alert.rule_id = rule;
    made.alert.group = {{"x", std::move(value)}};
    return made;
  };
  backlog.add(changes_of({window("6", 2, "b", "a"), window("5", 2, "a", "aa")}, {}));
  backlog.add(changes_of({window("4", 2, "a", "\xFF"), window("3", 2, "a", "b")}, {}));
  backlog.add(changes_of({window("2", 2, "a", ""), window("1", 2, "a", std::nullopt)}, {}));
  backlog.add(changes_of({window("0", 1, "z", "z"), window("6", 2, "b", "a")}, {}));
  std::string visited;
  backlog.for_each_window([&](const Window& each) { visited += each.alert.id; });
  CHECK(visited == "0123456");
}

TEST_CASE("what was given away is addressed anew to those who still wait for it, or to nobody") {
  Backlog backlog;
  backlog.add(changes_of({}, {"a", "b"}));
  (void)backlog.take_undurable();
  backlog.add(changes_of({}, {"c"}));
  const std::set<std::string> addressed =
      backlog.address({{"b..0", {"hook"}}, {"c..0", {"hook"}}, {"d..0", {"hook"}}});
  CHECK(addressed == std::set<std::string>{"b..0"});
  using Sinks = std::vector<std::string>;
  CHECK(backlog.changes().outgoing[0].sinks.empty());
  CHECK(backlog.changes().outgoing[1].sinks == Sinks{"hook"});
  CHECK(backlog.changes().outgoing[2].sinks == Sinks{"file", "hook"});
  backlog.address_nobody();
  CHECK(backlog.changes().outgoing[1].sinks.empty());
  CHECK(backlog.changes().outgoing[2].sinks == Sinks{"file", "hook"});
}

}  // namespace nodeportd
