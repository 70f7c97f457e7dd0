#include <catch2/catch.hpp>

#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

using End = Settlement::End;

void settle(Store& store, const std::string& id, std::uint32_t revision, End end = End::delivered,
            const std::string& mark = "") {
  const std::vector<Settlement> settlements = {{id, revision, end, "404 Not Found"}};
  must(store.settle("s", settlements, mark, at(9)));
}

TEST_CASE("a sink sees the latest revision of each alert, in the order in which they first came") {
  auto store = must(Store::open_temporary());
  send(*store, sample_alert("a", 1), {"s", "t"});
  send(*store, sample_alert("b", 1), {"s"});
  send(*store, sample_alert("c", 1), {"t"});
  const auto before = must(store->pending("s", 10, 1 << 20));
  send(*store, sample_alert("a", 2), {"s", "t"});
  CHECK(waiting(*store, "s") == Names{"a.2", "b.1"});
  CHECK(waiting(*store, "t") == Names{"a.2", "c.1"});
  CHECK(must(store->pending("s", 10, 1 << 20)).at(0).sequence == before.at(0).sequence);
  CHECK(waiting(*store, "none").empty());
}

TEST_CASE("the longest wait is found although a newer revision stands before it") {
  auto store = must(Store::open_temporary());
  const std::vector<std::string> sinks = {"s", "t"};
  const auto oldest = [&](const char* sink) {
    return must(store->survey(sinks)).sinks[sink].oldest;
  };
  CHECK(oldest("s") == std::nullopt);
  send(*store, sample_alert("a", 1), {"s"}, 3);
  send(*store, sample_alert("b", 1), {"s"}, 5);
  CHECK(oldest("s") == at(3));
  send(*store, sample_alert("a", 2), {"s"}, 7);
  REQUIRE(waiting(*store) == Names{"a.2", "b.1"});
  CHECK(oldest("s") == at(5));
  CHECK(oldest("t") == std::nullopt);
  settle(*store, "b", 1);
  CHECK(oldest("s") == at(7));
}

TEST_CASE("settling a revision that was replaced in flight keeps the newer one") {
  auto store = must(Store::open_temporary());
  send(*store, sample_alert("a", 1));
  REQUIRE(waiting(*store) == Names{"a.1"});
  send(*store, sample_alert("a", 2));
  const auto end = GENERATE(End::delivered, End::dead);
  settle(*store, "a", 1, end);
  CHECK(waiting(*store) == Names{"a.2"});
  CHECK(must(store->dead_letters(0, 10)).empty());  // its successor carries its figures
  settle(*store, "a", 2);
  CHECK(waiting(*store).empty());
  settle(*store, "a", 2);  // one that is not there is passed over
}

TEST_CASE("a sink adopts what the history knows, unless a newer revision waits") {
  auto store = must(Store::open_temporary());
  send(*store, sample_alert("a", 1), {});
  send(*store, sample_alert("b", 1), {});
  send(*store, sample_alert("b", 2), {"s"});
  const std::vector<Alert> alerts = {sample_alert("a", 1), sample_alert("b", 1),
                                     sample_alert("a", 2)};
  CHECK(must(store->adopt("s", alerts)) == std::vector<bool>{true, true, false});
  CHECK(waiting(*store, "s") == Names{"b.2", "a.1"});
  CHECK(must(store->pending_usage("s")).count == 2);
}

TEST_CASE("a sink's settlement and mark touch no other sink") {
  auto store = must(Store::open_temporary());
  send(*store, sample_alert("a"), {"s", "t"});
  const std::string mark("size\0 7", 7);
  settle(*store, "a", 1, End::delivered, mark);
  CHECK(waiting(*store, "s").empty());
  CHECK(waiting(*store, "t") == Names{"a.1"});
  CHECK(must(store->sink_mark("s")) == mark);
  CHECK(must(store->sink_mark("t")).empty());
}

TEST_CASE("a call gives at most so many rows and bytes, and one at least") {
  auto store = must(Store::open_temporary());
  for (const char* id : {"a", "b", "c"}) send(*store, sample_alert(id));
  const std::uint64_t one = must(store->pending_usage("s")).bytes / 3;
  CHECK(must(store->pending("s", 2, 1 << 20)).size() == 2);
  CHECK(must(store->pending("s", 10, 2 * one)).size() == 2);
  CHECK(must(store->pending("s", 10, 2 * one - 1)).size() == 1);
  CHECK(must(store->pending("s", 10, 0)).size() == 1);
}

TEST_CASE("usage counts what waits, per sink, and once for all sinks together") {
  TempDir dir;
  auto store = open_store(dir / "state");
  send(*store, sample_alert("a"), {"s", "t"});
  send(*store, sample_alert("b"), {"s"});
  const std::uint64_t one = must(store->pending_usage("t")).bytes;
  CHECK(one > 200);
  CHECK(must(store->pending_usage("s")).count == 2);
  CHECK(must(store->pending_usage("s")).bytes == 2 * one);
  CHECK(must(store->outbox_usage()).count == 2);
  CHECK(must(store->outbox_usage()).bytes == 2 * one);

  Alert longer = sample_alert("a", 2);
  longer.message += std::string(1000, 'x');
  send(*store, longer, {"s", "t"});
  CHECK(must(store->pending_usage("s")).bytes == 2 * one + 1000);
  CHECK(must(store->outbox_usage()).bytes == 2 * one + 1000);
  settle(*store, "a", 2);
  settle(*store, "b", 1);
  CHECK(must(store->pending_usage("s")).count == 0);
  CHECK(must(store->pending_usage("s")).bytes == 0);
  CHECK(must(store->outbox_usage()).bytes == one + 1000);
  CHECK(must(store->waiting_sinks()) == Names{"t"});
}

TEST_CASE("the oldest deliveries expire until enough bytes are free, and can be resent") {
  auto store = must(Store::open_temporary());
  for (const char* id : {"a", "b", "c"}) send(*store, sample_alert(id), {"s", "t"});
  const std::uint64_t one = must(store->pending_usage("s")).bytes / 3;
  CHECK(must(store->expire("s", one + 1, at(7))) == 2);
  CHECK(waiting(*store, "s") == Names{"c.1"});
  CHECK(waiting(*store, "t") == Names{"a.1", "b.1", "c.1"});
  const auto letters = must(store->dead_letters(0, 10));
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].kind == End::expired);
  CHECK(letters[0].sink == "s");
  CHECK(letters[0].when == at(7));
  CHECK(same(letters[0].alert, sample_alert("a")));
  CHECK(must(store->expire("s", 0, at(7))) == 0);

  CHECK(must(store->resend(std::nullopt, std::nullopt)).queued == 2);
  CHECK(waiting(*store, "s") == Names{"c.1", "a.1", "b.1"});
  CHECK(must(store->dead_letters(0, 10)).empty());
}

TEST_CASE("a dead letter keeps its reason, and its number is never given again") {
  TempDir dir;
  auto store = open_store(dir / "state");
  send(*store, sample_alert("a"));
  send(*store, sample_alert("b"));
  settle(*store, "a", 1, End::dead);
  settle(*store, "b", 1, End::dead);
  CHECK(waiting(*store).empty());
  auto letters = must(store->dead_letters(0, 10));
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].why == "404 Not Found");
  CHECK(letters[0].kind == End::dead);
  CHECK(must(store->dead_letters(letters[0].number, 10)).size() == 1);
  CHECK(must(store->dead_letters(0, 1)).size() == 1);

  const std::int64_t last = letters[1].number;
  CHECK(must(store->resend("other", std::nullopt)).queued == 0);
  CHECK(must(store->resend("s", last)).queued == 1);
  CHECK(must(store->resend(std::nullopt, last)).queued == 0);
  CHECK(waiting(*store) == Names{"b.1"});
  settle(*store, "b", 1, End::dead);
  CHECK(must(store->dead_letters(0, 10)).back().number > last);
}

TEST_CASE("a dead letter does not displace a newer revision that waits, and two give the newer") {
  auto store = must(Store::open_temporary());
  send(*store, sample_alert("a", 1));
  settle(*store, "a", 1, End::dead);
  send(*store, sample_alert("a", 2));
  settle(*store, "a", 2, End::dead);
  SECTION("two letters of one alert") {
    CHECK(must(store->resend("s", std::nullopt)).queued == 2);
    CHECK(waiting(*store) == Names{"a.2"});
    CHECK(must(store->pending_usage("s")).count == 1);
  }
  SECTION("overtaken") {
    send(*store, sample_alert("a", 3));
    const Resent resent = must(store->resend("s", std::nullopt));
    CHECK(resent.queued == 0);
    CHECK(resent.forgotten == 2);
    CHECK(waiting(*store) == Names{"a.3"});
    CHECK(must(store->dead_letters(0, 10)).empty());
  }
}

TEST_CASE("more dead letters than one transaction takes are all resent") {
  auto store = must(Store::open_temporary());
  Changes changes;
  std::vector<Settlement> refused;
  for (int i = 0; i < 2100; ++i) {
    changes.outgoing.push_back({sample_alert(std::to_string(i)), {"s"}});
    refused.push_back({std::to_string(i), 1, End::dead, "no"});
  }
  must(store->commit(changes, at(1)));
  must(store->settle("s", refused, "", at(2)));
  CHECK(must(store->resend("s", std::nullopt)).queued == 2100);
  CHECK(must(store->pending_usage("s")).count == 2100);
}

TEST_CASE("beside a running daemon dead letters are listed and resent, and the daemon sees them") {
  TempDir dir;
  StoreOptions options;
  options.directory = dir / "state";
  CHECK(Store::open_beside(options).error().kind == ErrorKind::not_found);
  auto daemon = open_store(options.directory);
  send(*daemon, sample_alert("a"));
  settle(*daemon, "a", 1, End::dead);
  {
    auto beside = must(Store::open_beside(options));
    CHECK(beside->epoch() == daemon->epoch());
    CHECK(must(beside->dead_letters(0, 10)).size() == 1);
    CHECK(must(beside->resend("s", std::nullopt)).queued == 1);
  }
  CHECK(waiting(*daemon) == Names{"a.1"});
  CHECK(must(daemon->pending_usage("s")).count == 1);
  settle(*daemon, "a", 1);
  must(daemon->mark_stopped(at(3)));
  daemon.reset();
  {
    auto beside = must(Store::open_beside(options));  // and when none runs
    CHECK(waiting(*beside).empty());
  }
  CHECK(open_store(options.directory)->last_run().end == LastRun::End::clean);
}

}  // namespace
}  // namespace nodeportd::test
