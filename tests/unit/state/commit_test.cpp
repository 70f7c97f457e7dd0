#include <catch2/catch.hpp>

#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

TEST_CASE("what was committed is there after a restart, and the file keeps its epoch") {
  TempDir dir;
  const std::string state = dir / "state";
  std::string epoch;
  {
    auto store = open_store(state);
    epoch = store->epoch();
    Changes changes;
    changes.positions = {sample_mark("log", 1, 10), sample_mark("log", 2, 20)};
    changes.windows = {sample_window("w")};
    changes.outgoing = {{sample_alert("a"), {"s", "t"}}, {sample_alert("unsent"), {}}};
    changes.watermarks = {{"log", at(50)}};
    changes.suppressions = {{"ci", 3}};
    must(store->commit(changes, at(1)));
    changes.clear();
    changes.suppressions = {{"ci", 4}};
    changes.watermarks = {{"log", at(60)}};
    must(store->commit(changes, at(2)));
  }
  auto store = open_store(state);
  CHECK(store->epoch() == epoch);
  CHECK(epoch.size() == 16);
  CHECK(epoch.find_first_not_of("0123456789abcdef") == std::string::npos);
  const auto marks = must(store->positions());
  REQUIRE(marks.size() == 2);
  CHECK(same(marks[0], sample_mark("log", 1, 10)));
  CHECK(same(marks[1], sample_mark("log", 2, 20)));
  CHECK(same(must(store->find_window("w")).value(), sample_window("w")));
  CHECK(same(must(store->pending("s", 10, 1 << 20)).at(0).alert, sample_alert("a")));
  CHECK(same(must(store->pending("t", 10, 1 << 20)).at(0).alert, sample_alert("a")));
  CHECK(must(store->watermarks()) ==
        std::vector<std::pair<std::string, WallTime>>{{"log", at(60)}});
  CHECK(must(store->suppressions()) ==
        std::vector<std::pair<std::string, std::uint64_t>>{{"ci", 7}});
  CHECK(store->take_notices().empty());
}

TEST_CASE("two state files have two epochs, and a temporary one has zeros") {
  TempDir dir;
  CHECK(open_store(dir / "a")->epoch() != open_store(dir / "b")->epoch());
  CHECK(must(Store::open_temporary())->epoch() == "0000000000000000");
}

TEST_CASE("a mark takes the place of its file's older one, and a finished one is forgotten") {
  TempDir dir;
  auto store = open_store(dir / "state");
  FileMark finished = sample_mark("log", 1, 12);
  finished.finished = true;
  Changes changes;
  changes.positions = {sample_mark("log", 1, 10), sample_mark("other", 1, 5),
                       sample_mark("log", 2, 1)};
  must(store->commit(changes, at(1)));
  changes.positions = {sample_mark("log", 1, 11)};
  must(store->commit(changes, at(2)));
  CHECK(must(store->positions()).size() == 3);
  CHECK(must(store->positions()).at(0).offset == 11);
  changes.positions = {finished};
  must(store->commit(changes, at(3)));
  const auto marks = must(store->positions());
  REQUIRE(marks.size() == 2);
  CHECK(marks[0].stream == "other");
  CHECK(marks[1].inode == 2);
}

TEST_CASE("open windows come in the order of their ends, at most as many as asked for") {
  auto store = must(Store::open_temporary());
  Changes changes;
  for (const int end : {30, 10, 20, 5}) {
    Window window = sample_window("w" + std::to_string(end));
    window.alert.window_end = at(end);
    window.closed = end == 5;
    changes.windows.push_back(window);
  }
  must(store->commit(changes, at(1)));
  const auto open = must(store->open_windows(2));
  REQUIRE(open.size() == 2);
  CHECK(open[0].alert.id == "w10");
  CHECK(open[1].alert.id == "w20");
  CHECK(must(store->open_windows(100)).size() == 3);
  CHECK(must(store->shelved_until()) == at(30));

  changes.windows[1].closed = true;
  changes.windows[0].alert.window_end = at(15);  // of a rule whose window was changed
  must(store->commit(changes, at(2)));
  const auto rest = must(store->open_windows(100));
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].alert.id == "w30");
  CHECK(must(store->find_window("w10"))->closed);
  CHECK_FALSE(must(store->find_window("none")).has_value());
}

TEST_CASE("windows are visited by start, rule and group bytes, a null before an empty value") {
  using Value = std::optional<std::string>;
  auto store = must(Store::open_temporary());
  struct Key {
    int start;
    std::string rule;
    std::vector<Value> group;
  };
  const std::vector<Key> ordered = {{1, "b", {"a", "a"}},
                                    {2, "a", {std::nullopt, "z"}},
                                    {2, "a", {"", std::nullopt}},
                                    {2, "a", {"", ""}},
                                    {2, "a", {"b", ""}},
                                    {2, "a", {"\xFF", ""}},
                                    {2, "a", {"aa", std::nullopt}},
                                    {2, "b", {std::nullopt, std::nullopt}}};
  Changes changes;
  for (std::size_t i = ordered.size(); i > 0; --i) {
    Window window = sample_window(std::to_string(i - 1));
    window.alert.window_start = at(ordered[i - 1].start);
    window.alert.rule_id = ordered[i - 1].rule;
    window.alert.group = {{"x", ordered[i - 1].group[0]}, {"y", ordered[i - 1].group[1]}};
    changes.windows.push_back(window);
  }
  must(store->commit(changes, at(1)));
  Names visited;
  must(store->for_each_window([&](const Window& window) { visited.push_back(window.alert.id); }));
  CHECK(visited == Names{"0", "1", "2", "3", "4", "5", "6", "7"});
}

TEST_CASE("a revision stays as it was committed; other content gets the next number and is told") {
  TempDir dir;
  auto store = open_store(dir / "state");
  send(*store, sample_alert("a"));
  must(store->settle("s", std::vector<Settlement>{{"a", 1, Settlement::End::delivered, ""}}, "",
                     at(1)));
  send(*store, sample_alert("a"));
  CHECK(waiting(*store).empty());
  CHECK(store->take_notices().empty());

  Alert forged = sample_alert("a");
  forged.message = "other";
  Changes changes;
  changes.outgoing = {{forged, {"s"}}};
  changes.positions = {sample_mark("log", 1, 10)};
  must(store->commit(changes, at(2)));
  const auto delivered = must(store->pending("s", 10, 1 << 20));
  REQUIRE(delivered.size() == 1);
  CHECK(delivered[0].alert.revision == 2);
  CHECK(delivered[0].alert.message == "other");
  // Anew with the same content, after a crash say, it is the one that is there already.
  must(store->commit(changes, at(2)));
  CHECK(waiting(*store) == Names{"a.2"});
  CHECK(must(store->adopt("t", std::vector{sample_alert("a")})) == std::vector{true});
  const auto kept = must(store->pending("t", 10, 1 << 20));
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].alert.message == sample_alert("a").message);
  CHECK(must(store->positions()).size() == 1);  // the rest of the commit stands
  const auto notices = store->take_notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].rule == "state.damaged");
  CHECK(notices[0].facts.at(0).second == "a");

  Alert reborn = sample_alert("a");
  reborn.epoch = "fedcba9876543210";
  send(*store, reborn, {"u"});
  CHECK(waiting(*store, "u") == Names{"a.1"});
}

TEST_CASE("the last run's end and last commit are told") {
  TempDir dir;
  const std::string state = dir / "state";
  {
    auto store = open_store(state, 5);
    CHECK(store->last_run().end == LastRun::End::first_start);
    CHECK_FALSE(store->last_run().last_commit.has_value());
    must(store->commit({}, at(6)));
  }
  {
    auto store = open_store(state, 7);
    CHECK(store->last_run().end == LastRun::End::crashed);
    CHECK(store->last_run().last_commit == at(6));
    must(store->mark_stopped(at(8)));
  }
  auto store = open_store(state, 9);
  CHECK(store->last_run().end == LastRun::End::clean);
  CHECK(store->last_run().last_commit == at(8));
}

TEST_CASE("beats are counted per sink over restarts") {
  TempDir dir;
  {
    auto store = open_store(dir / "state");
    CHECK(must(store->next_beat("s")) == 1);
    CHECK(must(store->next_beat("s")) == 2);
    must(store->settle("s", {}, "mark", at(1)));
  }
  auto store = open_store(dir / "state");
  CHECK(must(store->next_beat("s")) == 3);
  CHECK(must(store->next_beat("t")) == 1);
  CHECK(must(store->sink_mark("s")) == "mark");
}

TEST_CASE("the directory is made for its owner alone and the file is no one else's to read") {
  TempDir dir;
  const std::string state = dir / "deep/er/state";
  auto store = open_store(state);
  const auto mode = [](const std::string& path) {
    return static_cast<unsigned>(std::filesystem::status(path).permissions());
  };
  CHECK(mode(state) == 0700);
  CHECK(mode(state + "/state.db") == 0600);
  CHECK(mode(state + "/state.db-wal") == 0600);
}

}  // namespace
}  // namespace nodeportd::test
