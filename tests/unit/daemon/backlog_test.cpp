#include "daemon/backlog.hpp"

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

TEST_CASE("a state that stays unwritable cannot grow the backlog without bound") {
  Backlog backlog;
  for (int i = 0; i < 12'000; ++i) {
    backlog.add(changes_of({}, {"alert-" + std::to_string(i)}));
    if (i % 100 == 99) CHECK(backlog.take_undurable().size() == 100);
  }
  CHECK(backlog.changes().outgoing.size() == 10'000);
  CHECK(backlog.changes().outgoing.back().alert.id == "alert-11999");

  std::vector<Window> windows;
  for (int i = 0; i < 200'000; ++i) windows.push_back(window_of("w" + std::to_string(i), 1));
  backlog.add(changes_of(std::move(windows), {}));
  backlog.add(changes_of({window_of("w7", 9), window_of("new", 1)}, {}));
  CHECK(backlog.changes().windows.size() == 200'000);
  CHECK(backlog.dropped() == 1);
  CHECK(backlog.find_window("w7")->alert.count == 9);
}

}  // namespace nodeportd
