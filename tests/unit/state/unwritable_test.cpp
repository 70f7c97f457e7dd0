// A state that cannot be written when it is opened, and one that is taken away while it is open.

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/file_size_limit.hpp"
#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

namespace fs = std::filesystem;

Changes one_more(const std::string& name) {
  Changes changes;
  changes.positions = {sample_mark("log", 1, 20)};
  changes.outgoing = {{sample_alert(name), {"s"}}};
  return changes;
}

Names rules_of(const std::vector<Notice>& notices) {
  Names rules;
  for (const Notice& notice : notices) rules.push_back(notice.rule);
  return rules;
}

}  // namespace

TEST_CASE("a state that cannot be written is read, and takes what comes once it can be") {
  const TempDir dir;
  const std::string state = dir / "state";
  std::string epoch;
  {
    auto store = open_store(state);
    epoch = store->epoch();
    must(store->commit(one_more("a"), at(1)));
    must(store->mark_stopped(at(1)));
  }
  std::unique_ptr<Store> store;
  {
    const FileSizeLimit full(0);
    store = open_store(state, 2);
    CHECK(store->epoch() == epoch);
    CHECK(store->last_run().end == LastRun::End::clean);
    CHECK(must(store->positions()).size() == 1);
    CHECK(waiting(*store) == Names{"a.1"});
    for (int i = 0; i < 2; ++i) CHECK_FALSE(store->commit(one_more("b"), at(3)));
    CHECK_FALSE(store->settle("s", {}, "mark", at(3)));
    CHECK(waiting(*store) == Names{"a.1"});
  }
  must(store->commit(one_more("b"), at(4)));
  must(store->settle("s", {}, "mark", at(4)));
  CHECK(waiting(*store) == Names{"a.1", "b.1"});
  CHECK(store->take_notices().empty());
  store.reset();
  auto again = open_store(state, 5);
  CHECK(again->epoch() == epoch);
  CHECK(again->last_run().end == LastRun::End::crashed);
  CHECK(waiting(*again) == Names{"a.1", "b.1"});
}

TEST_CASE("a state that cannot be made at the first start is made once it can be, with its epoch") {
  const TempDir dir;
  const std::string state = dir / "state";
  std::unique_ptr<Store> store;
  {
    const FileSizeLimit full(0);
    store = open_store(state);
    CHECK_FALSE(store->commit(one_more("a"), at(1)));
    CHECK(must(store->positions()).empty());
  }
  const std::string epoch = store->epoch();
  must(store->commit(one_more("a"), at(2)));
  store.reset();
  auto again = open_store(state, 3);
  CHECK(again->epoch() == epoch);
  CHECK(waiting(*again) == Names{"a.1"});
}

TEST_CASE("a state that is removed while it is open is written anew by the next commit, whole") {
  const TempDir dir;
  const std::string state = dir / "state";
  auto store = open_store(state);
  const std::string epoch = store->epoch();
  must(store->commit(one_more("a"), at(1)));
  const auto removed = GENERATE(values<Names>(
      {{"state.db", "state.db-wal", "state.db-shm"}, {"state.db"}, {"state.db-wal"}, {"lock"}}));
  for (const std::string& name : removed) fs::remove(fs::path(state) / name);
  must(store->commit(one_more("b"), at(2)));
  CHECK(rules_of(store->take_notices()) == Names{"state.damaged"});
  CHECK(waiting(*store) == Names{"a.1", "b.1"});
  must(store->commit(one_more("c"), at(3)));
  CHECK(store->take_notices().empty());
  StoreOptions options;
  options.directory = state;
  CHECK(Store::open(options, at(4)).error().kind == ErrorKind::closed);
  store.reset();
  auto again = open_store(state, 5);
  CHECK(again->epoch() == epoch);
  CHECK(waiting(*again) == Names{"a.1", "b.1", "c.1"});
  CHECK(again->take_notices().empty());
}

TEST_CASE("what was put in the place of a state that is open is set aside, not destroyed") {
  const TempDir dir;
  const std::string state = dir / "state";
  auto store = open_store(state);
  must(store->commit(one_more("a"), at(1)));
  fs::remove(fs::path(state) / "state.db");
  write_text(state + "/state.db", "of somebody else");
  must(store->commit(one_more("b"), at(2)));
  CHECK(waiting(*store) == Names{"a.1", "b.1"});
  std::string kept;
  for (const auto& entry : fs::directory_iterator(state)) {
    const std::string path = entry.path().string();
    if (path.ends_with("Z")) kept = read_text(path);
  }
  CHECK(kept == "of somebody else");
}

TEST_CASE("without its directory a state cannot be written, and says why") {
  const TempDir dir;
  const std::string state = dir / "state";
  auto store = open_store(state);
  must(store->commit(one_more("a"), at(1)));
  fs::remove_all(state);
  write_text(state, "no directory");
  const auto failed = store->commit(one_more("b"), at(2));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text.starts_with("the state was removed while nodeportd runs: "));
  CHECK(waiting(*store) == Names{"a.1"});
  fs::remove(state);
  must(store->commit(one_more("b"), at(3)));
  store.reset();
  CHECK(waiting(*open_store(state, 4)) == Names{"a.1", "b.1"});
}

}  // namespace nodeportd::test
