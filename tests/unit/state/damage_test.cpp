#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

// A byte in the middle of a blob column becomes another one.
std::string flip(const std::string& table, const std::string& column, const std::string& where) {
  return "UPDATE " + table + " SET " + column + " = CAST(substr(" + column +
         ", 1, 99) || x'EE' || substr(" + column + ", 101) AS BLOB) WHERE " + where + ";";
}

std::unique_ptr<Store> open_with(const std::string& state, const Changes& changes,
                                 const std::string& damage) {
  must(open_store(state)->commit(changes, at(1)));
  tamper(state, damage);
  return open_store(state);
}

Names names(const std::vector<Notice>& notices) {
  Names rows;
  for (const Notice& notice : notices) {
    CHECK(notice.rule == "state.damaged");
    rows.push_back(notice.facts.at(1).second);
  }
  return rows;
}

TEST_CASE("a damaged position is set aside and told of once; the others are read") {
  TempDir dir;
  Changes changes;
  changes.positions = {sample_mark("log", 1), sample_mark("log", 2), sample_mark("log", 3)};
  auto store = open_with(dir / "state", changes, flip("positions", "mark", "inode = 2"));
  const auto marks = must(store->positions());
  REQUIRE(marks.size() == 2);
  CHECK(marks[1].inode == 3);
  CHECK(names(store->take_notices()) == Names{"log, inode 2"});
  CHECK(store->quarantined() == 1);
  CHECK(must(store->positions()).size() == 2);
  CHECK(store->take_notices().empty());
}

TEST_CASE("a damaged open window is made anew from the history, one without history is told of") {
  TempDir dir;
  Changes changes;
  changes.windows = {sample_window("a", 4), sample_window("b"), sample_window("c")};
  changes.outgoing = {{sample_alert("a", 4), {}}};
  auto store = open_with(
      dir / "state", changes,
      flip("windows", "body", "alert_id = 'a'") + flip("windows", "body", "alert_id = 'b'"));
  const auto open = must(store->open_windows(10));
  REQUIRE(open.size() == 2);
  CHECK(open[0].alert.id == "c");
  CHECK(same(open[1].alert, sample_alert("a", 4)));
  CHECK_FALSE(open[1].closed);
  CHECK(names(store->take_notices()) == Names{"a", "b"});
  CHECK_FALSE(must(store->find_window("b")).has_value());
}

TEST_CASE("a damaged window is skipped by every way of reading") {
  TempDir dir;
  Changes changes;
  changes.windows = {sample_window("a"), sample_window("b")};
  auto store = open_with(dir / "state", changes, flip("windows", "body", "alert_id = 'a'"));
  SECTION("found by its alert") {
    CHECK_FALSE(must(store->find_window("a")).has_value());
  }
  SECTION("visited") {
    Names visited;
    must(store->for_each_window([&](const Window& window) { visited.push_back(window.alert.id); }));
    CHECK(visited == Names{"b"});
  }
  CHECK(names(store->take_notices()) == Names{"a"});
}

TEST_CASE("a damaged delivery blocks nothing behind it, and its sinks are named") {
  TempDir dir;
  Changes changes;
  for (const char* id : {"a", "b", "c"}) changes.outgoing.push_back({sample_alert(id), {"s", "t"}});
  auto store = open_with(
      dir / "state", changes,
      flip("alerts", "body", "alert_id = 'a'") + flip("alerts", "body", "alert_id = 'b'"));
  // One row a call: without what stands behind the damaged ones the sink would wait for ever.
  const auto first = must(store->pending("s", 1, 1 << 20));
  REQUIRE(first.size() == 1);
  CHECK(first[0].alert.id == "c");
  CHECK(waiting(*store, "t") == Names{"c.1"});
  const auto notices = store->take_notices();
  CHECK(names(notices) == Names{"a.0123456789abcdef.1", "b.0123456789abcdef.1"});
  CHECK(notices.at(0).facts.back() ==
        std::pair<std::string, std::string>{"undelivered_to", "s, t"});
  CHECK(must(store->pending_usage("t")).count == 1);
  CHECK(must(store->outbox_usage()).count == 1);
}

TEST_CASE("a damaged revision is passed over by those who look back, and its number not reused") {
  TempDir dir;
  Changes changes;
  changes.outgoing = {{sample_alert("a", 1), {}}, {sample_alert("a", 2), {}}};
  auto store = open_with(dir / "state", changes, flip("alerts", "body", "revision = 2"));
  const auto window = must(store->find_window("a"));
  REQUIRE(window.has_value());
  CHECK(window->alert.revision == 2);
  CHECK(store->quarantined() == 1);
}

TEST_CASE("a damaged dead letter is left out") {
  TempDir dir;
  Changes changes;
  changes.outgoing = {{sample_alert("a"), {"s"}}, {sample_alert("b"), {"s"}}};
  {
    auto store = open_store(dir / "state");
    must(store->commit(changes, at(1)));
    CHECK(must(store->expire("s", 1 << 20, at(2))) == 2);
  }
  tamper(dir / "state", flip("alerts", "body", "alert_id = 'a'"));
  auto store = open_store(dir / "state");
  SECTION("by the daemon, which sets it aside") {
    CHECK(must(store->dead_letters(0, 10)).at(0).alert.id == "b");
    CHECK(store->quarantined() == 1);
  }
  SECTION("by a reader beside it, which leaves it for the daemon to tell of") {
    StoreOptions options;
    options.directory = dir / "state";
    auto beside = must(Store::open_beside(options));
    CHECK(must(beside->dead_letters(0, 10)).size() == 1);
    CHECK(must(beside->resend("s", std::nullopt)).queued == 2);
    CHECK(waiting(*store) == Names{"b.1"});
    CHECK(names(store->take_notices()) == Names{"a.0123456789abcdef.1"});
  }
}

TEST_CASE("of a thousand damaged rows some are named and the rest are counted") {
  TempDir dir;
  Changes changes;
  for (std::uint64_t i = 0; i < 1000; ++i) changes.positions.push_back(sample_mark("log", i));
  auto store = open_with(dir / "state", changes, flip("positions", "mark", "true"));
  CHECK(must(store->positions()).empty());
  const auto notices = store->take_notices();
  REQUIRE(notices.size() == 65);
  CHECK(notices.back().facts.at(0).second == "936");
}

TEST_CASE("a damaged Service is set aside: nothing is known of it, and the others are") {
  TempDir dir;
  Changes changes;
  for (const char* name : {"a", "b", "c"}) changes.services.push_back({{}, sample_service(name)});
  auto store = open_with(dir / "state", changes, flip("services", "body", "name = 'b'"));
  SECTION("found by its name") {
    CHECK_FALSE(must(store->find_service("prod", "default", "b")).has_value());
    CHECK(must(store->find_service("prod", "default", "c")) == sample_service("c"));
  }
  SECTION("visited") {
    Names visited;
    const auto visit = [&](const KnownService& service) { visited.push_back(service.name); };
    CHECK(must(store->for_each_service(visit)) == 1);
    CHECK(visited == Names{"a", "c"});
    CHECK(must(store->for_each_service(visit)) == 0);
  }
  CHECK(names(store->take_notices()) == Names{"default/b"});
  CHECK(store->quarantined() == 1);
}

TEST_CASE("a Service's record that turns up under another name is damaged") {
  TempDir dir;
  Changes changes;
  changes.services = {{{}, sample_service("a")}};
  auto store = open_with(dir / "state", changes, "UPDATE services SET name = 'b';");
  CHECK_FALSE(must(store->find_service("prod", "default", "b")).has_value());
  CHECK(store->quarantined() == 1);
}

// Files in the state's directory that were set aside.
Names set_aside(const std::string& state) {
  Names files;
  for (const auto& entry : std::filesystem::directory_iterator(state)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("state.db.damaged-") && name.ends_with("Z")) files.push_back(name);
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST_CASE("garbage in place of the file does not stop the start") {
  TempDir dir;
  const std::string state = dir / "state";
  const std::string epoch = open_store(state)->epoch();
  const std::string garbage = GENERATE(std::string(100'000, 'x'),
                                       std::string("SQLite format 3\0", 16), std::string("short"));
  write_text(state + "/state.db", garbage);
  auto store = open_store(state, 1'000);
  CHECK(store->epoch() != epoch);
  CHECK(store->epoch().size() == 16);
  CHECK(store->last_run().end == LastRun::End::crashed);
  CHECK(set_aside(state) == Names{"state.db.damaged-19700101T001640.000000Z"});
  CHECK(read_text(state + "/" + set_aside(state).at(0)) == garbage);
  const auto notices = store->take_notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].rule == "state.damaged");
  send(*store, sample_alert("a"));
  CHECK(waiting(*store) == Names{"a.1"});
}

TEST_CASE("an empty file is a first start") {
  TempDir dir;
  std::filesystem::create_directory(dir / "state");
  write_text(dir / "state/state.db", "");
  CHECK(open_store(dir / "state")->last_run().end == LastRun::End::first_start);
}

TEST_CASE("the last three damaged files are kept") {
  TempDir dir;
  const std::string state = dir / "state";
  for (int i = 1; i <= 5; ++i) {
    (void)open_store(state);
    write_text(state + "/state.db", "garbage");
    (void)open_store(state, i);
  }
  CHECK(set_aside(state) == Names{"state.db.damaged-19700101T000003.000000Z",
                                  "state.db.damaged-19700101T000004.000000Z",
                                  "state.db.damaged-19700101T000005.000000Z"});
}

Changes many_rows() {
  Changes changes;
  for (int i = 0; i < 200; ++i) {
    const std::string id = std::to_string(i);
    changes.positions.push_back(sample_mark("log", static_cast<std::uint64_t>(i)));
    changes.windows.push_back(sample_window(id));
    changes.outgoing.push_back({sample_alert(id), {"s"}});
  }
  return changes;
}

TEST_CASE("whatever page is overwritten, the daemon starts, tells, and most rows are saved") {
  TempDir dir;
  const std::string state = dir / "state";
  must(open_store(state)->commit(many_rows(), at(1)));
  const std::string sound = read_text(state + "/state.db");
  const std::size_t pages = sound.size() / 4096;
  REQUIRE(pages > 60);
  std::size_t set_aside_count = 0;
  std::size_t best = 0;
  for (std::size_t page = 1; page < pages; page += 7) {
    std::string damaged = sound;
    damaged.replace(page * 4096, 4096, std::string(4096, '\xDB'));
    write_text(state + "/state.db", damaged);
    std::filesystem::remove(state + "/state.db-wal");
    auto store = open_store(state, static_cast<std::int64_t>(page));
    const std::size_t rows = waiting(*store).size() + must(store->positions()).size() +
                             must(store->open_windows(1000)).size();
    set_aside_count += set_aside(state).size();
    best = std::max(best, rows);
    if (rows < 600) REQUIRE_FALSE(store->take_notices().empty());
    send(*store, sample_alert("new", 9), {"t"});
    REQUIRE(waiting(*store, "t") == Names{"new.9"});
    store.reset();
    for (const std::string& name : set_aside(state)) std::filesystem::remove(state + "/" + name);
  }
  CHECK(set_aside_count > 5);
  CHECK(best > 500);
}

TEST_CASE("a file that was cut keeps what stands before the cut") {
  TempDir dir;
  const std::string state = dir / "state";
  must(open_store(state)->commit(many_rows(), at(1)));
  const std::string sound = read_text(state + "/state.db");
  for (const std::size_t part : {1U, 3U, 7U}) {
    write_text(state + "/state.db", sound.substr(0, sound.size() * part / 8));
    auto store = open_store(state, 5);
    REQUIRE(store->take_notices().size() >= 1);
    (void)must(store->positions());
    send(*store, sample_alert("new", 9), {"t"});
    REQUIRE(waiting(*store, "t") == Names{"new.9"});
    if (part == 7) CHECK(must(store->positions()).size() > 100);
  }
}

TEST_CASE(
    "Services and auditIDs are saved from a damaged file, but not since when they are known") {
  TempDir dir;
  const std::string state = dir / "state";
  Changes changes = many_rows();
  changes.services = {{{}, sample_service("a")}, {{}, closed_service("b", 9)}};
  changes.audit_ids = {{1, 11, 21, at(3)}, {2, 12, 22, at(4)}};
  {
    auto store = open_store(state);
    must(store->commit(changes, at(1)));
    CHECK(must(store->service_history()).since == at(3));
  }
  // The last page belongs to what was written last, but its loss is seen wherever it lies.
  std::string damaged = read_text(state + "/state.db");
  damaged.resize(damaged.size() - 4096);
  write_text(state + "/state.db", damaged);
  auto store = open_store(state, 5);
  const auto notices = store->take_notices();
  REQUIRE_FALSE(notices.empty());
  CHECK(notices[0].facts.back().first == "services_saved");
  CHECK_FALSE(must(store->service_history()).since.has_value());
  CHECK(notices[0].facts.back().second == "2");
  CHECK(must(store->find_service("prod", "default", "a")) == sample_service("a"));
  CHECK(must(store->last_audit_sequence()) == 2);
}

TEST_CASE("an entry of the outbox that lost its alert is dropped, one that misnames it is mended") {
  TempDir dir;
  Changes changes;
  for (const char* id : {"a", "b", "c", "d"}) {
    changes.outgoing.push_back({sample_alert(id), {"s"}});
  }
  auto store = open_with(dir / "state", changes,
                         "PRAGMA foreign_keys = OFF;"
                         "UPDATE outbox SET alert = 999 WHERE alert_id = 'a';"
                         "UPDATE outbox SET revision = 7 WHERE alert_id = 'b';"
                         "UPDATE outbox SET alert_id = 'x', bytes = 1 << 40 WHERE alert_id = 'c';"
                         "UPDATE alerts SET bytes = 1 << 40 WHERE alert_id = 'd';"
                         "UPDATE usage SET bytes = 1 << 50;");
  CHECK(waiting(*store) == Names{"b.1", "c.1", "d.1"});
  const auto notices = store->take_notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].facts.back().second == "1");
  CHECK(must(store->pending_usage("s")).count == 3);
  CHECK(must(store->pending_usage("s")).bytes < 10'000);
  CHECK(must(store->outbox_usage()).bytes == must(store->pending_usage("s")).bytes);
  const std::vector<Settlement> settlements = {
      {"b", 1, {}, ""}, {"c", 1, {}, ""}, {"d", 1, {}, ""}};
  must(store->settle("s", settlements, "", at(1)));
  CHECK(waiting(*store).empty());
}

// Delivers all that waits; how many there were.
std::size_t drain(Store& store) {
  std::size_t delivered = 0;
  for (;;) {
    std::vector<Settlement> settlements;
    for (const Delivery& delivery : must(store.pending("s", 100, 1 << 20))) {
      settlements.push_back({delivery.alert.id, delivery.alert.revision, {}, ""});
    }
    if (settlements.empty()) return delivered;
    delivered += settlements.size();
    REQUIRE(delivered <= 200);  // else something is delivered for ever
    must(store.settle("s", settlements, "", at(1)));
  }
}

TEST_CASE("whatever byte is flipped, nothing is delivered twice and no loss goes untold") {
  TempDir dir;
  const std::string state = dir / "state";
  must(open_store(state)->commit(many_rows(), at(1)));
  const std::string sound = read_text(state + "/state.db");
  std::mt19937 random(20261124);
  std::size_t harmed = 0;
  for (int round = 0; round < 100; ++round) {
    std::string damaged = sound;
    const std::size_t where = 100 + random() % (sound.size() - 100);  // behind SQLite's header
    damaged[where] = static_cast<char>(damaged[where] ^ (1 << random() % 8));
    write_text(state + "/state.db", damaged);
    INFO("byte " << where);
    auto store = open_store(state, round);
    const std::size_t rows =
        drain(*store) + must(store->positions()).size() + must(store->open_windows(1000)).size();
    const std::size_t notices = store->take_notices().size();
    if (rows < 600) CHECK(notices > 0);
    harmed += notices > 0 ? 1 : 0;
    CHECK(rows >= 598);
    store.reset();
    for (const std::string& name : set_aside(state)) std::filesystem::remove(state + "/" + name);
  }
  CHECK(harmed > 20);
}

}  // namespace
}  // namespace nodeportd::test
