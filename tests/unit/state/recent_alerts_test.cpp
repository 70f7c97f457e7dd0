#include <catch2/catch.hpp>
#include <thread>

#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

struct Recent {
  Names names;
  std::vector<WallTime> committed;
  More more = More::none;
};

Recent recent(Store& store, std::int64_t since, std::size_t max) {
  Recent found;
  found.more =
      must(store.for_each_recent_alert(at(since), max, [&](const Alert& alert, WallTime committed) {
        found.names.push_back(alert.id + '.' + std::to_string(alert.revision));
        found.committed.push_back(committed);
      }));
  return found;
}

Names recent_names(Store& store, std::int64_t since, std::size_t max) {
  return recent(store, since, max).names;
}

TEST_CASE("of what was told since then the newest revision of each alert is shown, newest first") {
  TempDir dir;
  auto store = open_store(dir / "state");
  send(*store, sample_alert("old"), {}, 10);
  send(*store, sample_alert("a", 1), {}, 20);
  send(*store, sample_alert("b", 1), {"s"}, 21);
  send(*store, sample_alert("a", 2), {}, 22);
  CHECK(recent_names(*store, 20, 10) == Names{"a.2", "b.1"});
  CHECK(recent_names(*store, 10, 10) == Names{"a.2", "b.1", "old.1"});
  CHECK(recent_names(*store, 23, 10).empty());
  CHECK(recent(*store, 20, 10).committed[0] == at(22));
}

TEST_CASE("recent alerts are bounded, over many pages, and say when there were more") {
  TempDir dir;
  auto store = open_store(dir / "state");
  Changes changes;
  for (int i = 0; i < 250; ++i) changes.outgoing.push_back({sample_alert(std::to_string(i)), {}});
  must(store->commit(changes, at(1)));
  CHECK(recent_names(*store, 0, 1'000).size() == 250);
  CHECK(recent(*store, 0, 250).more == More::none);
  CHECK(recent(*store, 0, 249).more == More::some);
  CHECK(recent_names(*store, 0, 2) == Names{"249.1", "248.1"});
}

TEST_CASE("recent alerts that are larger than a page are all visited") {
  TempDir dir;
  auto store = open_store(dir / "state");
  for (int i = 0; i < 5; ++i) {
    Alert alert = sample_alert(std::to_string(i));
    alert.message = std::string(2U << 20U, 'm');
    send(*store, alert, {}, 1 + i);
  }
  CHECK(recent_names(*store, 2, 10) == Names{"4.1", "3.1", "2.1", "1.1"});
  CHECK(recent(*store, 2, 3).more == More::some);
}

TEST_CASE("a damaged alert is passed over, not lost") {
  TempDir dir;
  open_store(dir / "state").reset();
  {
    auto store = open_store(dir / "state");
    send(*store, sample_alert("a"), {}, 1);
    send(*store, sample_alert("b"), {}, 2);
  }
  tamper(dir / "state", "UPDATE alerts SET body = zeroblob(9) WHERE alert_id = 'b'");
  auto store = open_store(dir / "state");
  CHECK(recent_names(*store, 0, 10) == Names{"a.1"});
  CHECK(store->quarantined() == 0);
}

TEST_CASE("Services that are open are counted") {
  TempDir dir;
  auto store = open_store(dir / "state");
  Changes changes;
  changes.services = {{ServiceChange::Kind::known, sample_service("one")},
                      {ServiceChange::Kind::known, sample_service("two")},
                      {ServiceChange::Kind::known, closed_service("three", 7)}};
  must(store->commit(changes, at(1)));
  CHECK(must(store->survey({})).open_services == 2);
}

TEST_CASE("who only looks does not wait for a call that stands") {
  auto store = must(Store::open_temporary());
  send(*store, sample_alert("a"), {"s"});
  const std::vector<std::string> sinks = {"s"};
  CHECK(must(store->survey(sinks)).sinks["s"].waiting.count == 1);
  Changes changes;
  changes.services = {{ServiceChange::Kind::known, sample_service("one")}};
  must(store->commit(changes, at(1)));
  std::string error;
  std::string page_error;
  must(store->for_each_service([&](const KnownService&) {  // which holds the lock
    std::thread([&] {
      if (const auto survey = store->survey(sinks); !survey) error = survey.error().text;
      const auto page = store->for_each_recent_alert(at(0), 10, [](const Alert&, WallTime) {});
      if (!page) page_error = page.error().text;
    }).join();
  }));
  CHECK(error == "the state: a write of it has not ended");
  CHECK(page_error == error);
  CHECK(must(store->survey(sinks)).sinks["s"].waiting.count == 1);
}

}  // namespace
}  // namespace nodeportd::test
