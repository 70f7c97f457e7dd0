#include <catch2/catch.hpp>

#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

using namespace std::chrono_literals;
using End = Settlement::End;

constexpr std::int64_t kDay = 86'400;

std::unique_ptr<Store> open_bounded(const std::string& directory, std::uint64_t max_size) {
  StoreOptions options;
  options.directory = directory;
  options.max_size = max_size;
  options.open_windows = 0;
  return must(Store::open(options, at(0)));
}

Alert heavy_alert(const std::string& id, std::size_t bytes) {
  Alert alert = sample_alert(id);
  alert.message = std::string(bytes, 'x');
  return alert;
}

// What the history still says of an alert; its window was never stored.
bool is_remembered(Store& store, const std::string& id) {
  return must(store.find_window(id)).has_value();
}

TEST_CASE("history goes after its retention with its dead letters, but not what a sink waits for") {
  TempDir dir;
  auto store = open_store(dir / "state");
  send(*store, sample_alert("told"), {}, 0);
  send(*store, sample_alert("dead"), {"s"}, 0);
  send(*store, sample_alert("waiting"), {"t"}, 0);
  send(*store, sample_alert("young"), {}, kDay);
  must(store->settle("s", std::vector<Settlement>{{"dead", 1, End::dead, ""}}, "", at(0)));

  CHECK_FALSE(must(store->prune(at(30 * kDay), 5min)));
  CHECK(is_remembered(*store, "told"));
  CHECK_FALSE(must(store->prune(at(30 * kDay + 1), 5min)));
  CHECK_FALSE(is_remembered(*store, "told"));
  CHECK_FALSE(is_remembered(*store, "dead"));
  CHECK(must(store->dead_letters(0, 10)).empty());
  CHECK(waiting(*store, "t") == Names{"waiting.1"});
  CHECK(is_remembered(*store, "young"));
}

TEST_CASE("a closed window stays until lateness and a day after its end and its last change") {
  TempDir dir;
  auto store = open_store(dir / "state");
  Changes changes;
  changes.windows = {sample_window("closed"), sample_window("open")};
  changes.windows[0].closed = true;
  for (Window& window : changes.windows) window.alert.window_end = at(0);
  // Event time is days behind the clock, as when a backlog is read.
  must(store->commit(changes, at(5 * kDay)));
  const auto count = [&] {
    int windows = 0;
    must(store->for_each_window([&](const Window&) { ++windows; }));
    return windows;
  };
  (void)must(store->prune(at(6 * kDay + 300), 5min));
  CHECK(count() == 2);
  (void)must(store->prune(at(6 * kDay + 301), 5min));
  CHECK(count() == 1);
  (void)must(store->prune(at(100 * kDay), 5min));
  CHECK(must(store->open_windows(10)).at(0).alert.id == "open");
}

TEST_CASE("the window of a pruned key goes on from the last revision in the history") {
  auto store = must(Store::open_temporary());
  send(*store, sample_alert("a", 1));
  send(*store, sample_alert("a", 2));
  const auto window = must(store->find_window("a"));
  REQUIRE(window.has_value());
  CHECK(same(window->alert, sample_alert("a", 2)));
  CHECK(window->delivered_count == sample_alert("a").count);
  CHECK(window->closed);
  CHECK(window->seen.empty());
}

TEST_CASE("the mark of a file that is gone is forgotten in the end, each stream's latest never") {
  TempDir dir;
  auto store = open_store(dir / "state");
  Changes changes;
  changes.positions = {sample_mark("log", 1), sample_mark("quiet", 1)};
  must(store->commit(changes, at(0)));
  changes.positions = {sample_mark("log", 2)};
  must(store->commit(changes, at(10)));
  (void)must(store->prune(at(90 * kDay), 5min));
  const auto marks = must(store->positions());
  REQUIRE(marks.size() == 2);
  CHECK(marks[0].stream == "quiet");
  CHECK(marks[1].inode == 2);
}

TEST_CASE("history beyond max_size goes, the oldest first, and never what waits") {
  TempDir dir;
  auto store = open_bounded(dir / "state", 101'000);
  for (int i = 0; i < 30; ++i) {
    send(*store, heavy_alert(std::to_string(i), 10'000), i < 10 ? Names{"s"} : Names{});
  }
  CHECK_FALSE(must(store->prune(at(1), 5min)));
  CHECK(must(store->pending_usage("s")).count == 10);
  CHECK_FALSE(is_remembered(*store, "10"));
  CHECK_FALSE(is_remembered(*store, "20"));
  CHECK(is_remembered(*store, "0"));
  CHECK(is_remembered(*store, "21"));
  CHECK(is_remembered(*store, "29"));
}

TEST_CASE("a prune does a bounded part and says that there is more") {
  TempDir dir;
  auto store = open_store(dir / "state");
  Changes changes;
  for (int i = 0; i < 1500; ++i) {
    changes.outgoing.push_back({sample_alert("w" + std::to_string(i)), {"s"}});
  }
  must(store->commit(changes, at(0)));
  changes.clear();
  for (int i = 0; i < 1500; ++i) {
    changes.outgoing.push_back({sample_alert("h" + std::to_string(i)), {}});
    changes.windows.push_back(sample_window("c" + std::to_string(i)));
    changes.windows.back().closed = true;
  }
  must(store->commit(changes, at(0)));
  int calls = 1;
  while (must(store->prune(at(90 * kDay), 5min))) ++calls;
  CHECK(calls >= 3);
  CHECK(calls <= 6);
  CHECK_FALSE(is_remembered(*store, "h0"));
  CHECK_FALSE(is_remembered(*store, "h1499"));
  CHECK(must(store->pending_usage("s")).count == 1500);
  must(store->for_each_window([](const Window&) { FAIL("a window is left"); }));
}

TEST_CASE("a file that was drained gives its space back") {
  TempDir dir;
  const std::string state = dir / "state";
  auto store = open_store(state);
  for (int i = 0; i < 24; ++i) send(*store, heavy_alert(std::to_string(i), 1'000'000), {});
  store.reset();  // the log is in the file now
  const auto size = [&] { return std::filesystem::file_size(state + "/state.db"); };
  CHECK(size() > 24'000'000);
  store = open_store(state);
  while (must(store->prune(at(90 * kDay), 5min))) {
  }
  store.reset();
  CHECK(size() < 9'000'000);
}

TEST_CASE("closed windows take a quarter of max_size at most, those that ended first go first") {
  TempDir dir;
  auto store = open_bounded(dir / "state", 400'000);
  Changes changes;
  for (int i = 0; i < 1200; ++i) {
    changes.windows.push_back(sample_window(std::to_string(i)));
    changes.windows.back().closed = true;
    changes.windows.back().alert.window_end = at(i);
  }
  must(store->commit(changes, at(0)));
  CHECK(must(store->prune(at(1), 5min)));
  CHECK_FALSE(is_remembered(*store, "999"));
  CHECK(is_remembered(*store, "1000"));
}

TEST_CASE("a file at its bound says full, changes nothing, and takes on once there is room") {
  TempDir dir;
  auto store = open_bounded(dir / "state", 1'000'000);
  Changes changes;
  Result<void> done;
  int kept = 0;
  for (; kept < 100; ++kept) {
    changes.outgoing = {{heavy_alert(std::to_string(kept), 1'000'000), {}}};
    changes.positions = {sample_mark("log", 1, static_cast<std::uint64_t>(kept))};
    done = store->commit(changes, at(0));
    if (!done) break;
  }
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind == ErrorKind::full);
  CHECK(kept > 10);
  CHECK_FALSE(is_remembered(*store, std::to_string(kept)));
  CHECK(must(store->positions()).at(0).offset == static_cast<std::uint64_t>(kept - 1));
  while (must(store->prune(at(1), 5min))) {
  }
  must(store->commit(changes, at(2)));
  CHECK(is_remembered(*store, std::to_string(kept)));
}

}  // namespace
}  // namespace nodeportd::test
