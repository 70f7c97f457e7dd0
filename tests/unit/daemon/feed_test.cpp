#include "daemon/engine/feed.hpp"

#include <poll.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "match/rule_loader.hpp"
#include "support/eventually.hpp"
#include "support/manual_clock.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kBatches = 6;
constexpr std::size_t kFoundMax = 100'000;
const std::string kQuiet = R"({"kind":"Event","verb":"list"})";
const std::string kTelling =
    R"({"kind":"Event","auditID":"a","stage":"ResponseComplete","verb":"create",)"
    R"("objectRef":{"resource":"services","namespace":"n","name":"s"},)"
    R"("responseStatus":{"code":201}})";

// No rules, and the words of some.
std::shared_ptr<const Edition> edition_of(const std::vector<Literals>& words) {
  auto edition = std::make_shared<Edition>(
      std::make_shared<const RuleSet>(std::vector<CompiledRule>(), std::vector<ExceptionSpec>()));
  edition->scan = Scan(words);
  return edition;
}

// A feed with one worker's lane and nobody behind it.
struct Bench {
  explicit Bench(std::vector<Literals> words = {{{"services"}}}, std::size_t found_max = kFoundMax)
      : edition(edition_of(words)), pool(kBatches, 1024, found_max, source) {}

  // What the source reads next, up to `offset`.
  void read(const std::string& line, std::uint64_t offset, bool at_end, std::uint64_t inode = 1) {
    Batch* batch = feed.try_take();
    REQUIRE(batch != nullptr);
    batch->bytes.assign(line.begin(), line.end());
    batch->records.push_back({.text = {batch->bytes.data(), batch->bytes.size()}});
    batch->end.stream = "audit.log";
    batch->end.inode = inode;
    batch->end.offset = offset;
    batch->at_end = at_end;
    feed.hand_on(batch);
  }

  // The offsets of what the collector gets.
  std::vector<std::uint64_t> collect() {
    std::vector<std::uint64_t> offsets;
    while (Batch* batch = lanes.try_collect()) {
      offsets.push_back(batch->end.offset);
      pool.give_back(batch);
    }
    return offsets;
  }

  Waker source;
  Waker collector;
  test::ManualClock clock{WallTime()};
  std::shared_ptr<const Edition> edition;
  WorkerCounters counters;
  BatchPool pool;
  Lanes lanes{1, kBatches, collector};
  Feed feed{{pool, lanes, source, edition, counters, clock}};
};

using Offsets = std::vector<std::uint64_t>;

bool is_woken(const Waker& waker) {
  pollfd waiting{.fd = waker.fd(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace

TEST_CASE("of quiet batches at the end of a log only the last is handed on, a second later") {
  Bench bench;
  bench.read(kQuiet, 10, true);
  CHECK(bench.collect() == Offsets{10});  // that the end is reached is news
  CHECK_FALSE(bench.feed.kept_until());
  const MonoTime begun = bench.clock.mono();
  for (std::uint64_t i = 2; i <= 100; ++i) bench.read(kQuiet, 10 * i, true);
  CHECK(bench.collect().empty());
  CHECK(bench.feed.kept_until() == begun + std::chrono::seconds(1));
  bench.feed.let_go();
  CHECK(bench.collect() == Offsets{1'000});
  CHECK_FALSE(bench.feed.kept_until());
  CHECK(bench.feed.dealt() == 2);
  CHECK(bench.counters.records.get() == 100);
}

TEST_CASE("a batch is examined by the edition that was current when it was handed on") {
  Bench bench;
  const auto before = bench.edition;
  bench.read(kTelling, 10, true);
  const auto after = edition_of({{{"nothingofthis"}}});
  bench.feed.use(after);
  bench.read(kTelling, 20, true);
  bench.feed.let_go();  // for the second edition it was a quiet one
  CHECK(bench.counters.decoded.get() == 1);
  Batch* first = bench.lanes.try_collect();
  Batch* second = bench.lanes.try_collect();
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first->edition == before);
  CHECK(second->edition == after);
  bench.pool.give_back(first);
  bench.pool.give_back(second);
  CHECK(bench.edition.use_count() == 2);  // and nobody in the pool
}

TEST_CASE("what was kept goes before what tells something") {
  Bench bench;
  bench.read(kQuiet, 10, true);
  bench.read(kQuiet, 20, true);
  bench.read(kTelling, 30, true);
  bench.read(kQuiet, 40, true);
  CHECK(bench.collect() == Offsets{10, 20, 30});
  bench.feed.let_go();
  CHECK(bench.collect() == Offsets{40});
}

TEST_CASE("a mark of another file is not taken for a later one of the same") {
  Bench bench;
  bench.read(kQuiet, 10, true);
  bench.read(kQuiet, 20, true, 1);
  bench.read(kQuiet, 5, true, 2);
  bench.feed.let_go();
  CHECK(bench.collect() == Offsets{10, 20, 5});
}

TEST_CASE("a backlog goes to a worker while that has nothing waiting, and is examined here else") {
  Bench bench;
  bench.read(kTelling, 10, false);
  CHECK(bench.counters.records.get() == 0);
  bench.read(kTelling, 20, false);  // the worker has not taken the first yet
  CHECK(bench.counters.records.get() == 1);
  CHECK(bench.collect().empty());  // in order
  Batch* first = bench.lanes.try_take(0);
  REQUIRE(first != nullptr);
  bench.lanes.hand_on(0, first, Hurry::none);
  CHECK(bench.collect() == Offsets{10, 20});
}

TEST_CASE("no batch is kept while there is no other") {
  Bench bench;
  bench.read(kQuiet, 10, true);
  bench.read(kQuiet, 20, true);
  std::vector<Batch*> taken;
  while (Batch* batch = bench.feed.try_take()) taken.push_back(batch);
  CHECK(taken.size() == kBatches - 2);
  CHECK(bench.collect() == Offsets{10, 20});
}

TEST_CASE("a backlog's batches do not wake the collector, a new line does") {
  Bench bench;
  bench.collector.prepare();
  bench.read(kTelling, 10, false);
  bench.read(kTelling, 20, false);
  CHECK_FALSE(is_woken(bench.collector));
  bench.read(kTelling, 30, true);
  CHECK(is_woken(bench.collector));
}

TEST_CASE("a worker that runs out of a backlog's batches wakes the collector, or all would sleep") {
  Bench bench;
  bench.collector.prepare();
  bench.read(kTelling, 10, false);
  Worker worker(*bench.edition->rules, bench.edition->scan);
  const std::jthread thread([&](const std::stop_token& stop) {
    worker.run(stop, bench.lanes, 0, bench.pool, bench.counters);
  });
  REQUIRE(
      test::eventually([&] { return is_woken(bench.collector) && bench.lanes.is_next_ready(); }));
  CHECK(bench.collect() == Offsets{10});
}

TEST_CASE("what is found is on its way until it is booked, whichever thread has examined it") {
  const bool by_source = GENERATE(true, false);
  Bench bench({{{"services"}}}, 1);
  bench.read(kTelling, 10, by_source);
  Worker worker(*bench.edition->rules, bench.edition->scan);
  const std::jthread thread([&](const std::stop_token& stop) {
    worker.run(stop, bench.lanes, 0, bench.pool, bench.counters);
  });
  REQUIRE(test::eventually([&] { return bench.lanes.is_next_ready(); }));
  CHECK(bench.pool.try_take() == nullptr);
  CHECK(bench.collect() == Offsets{10});
  CHECK(bench.pool.try_take() != nullptr);
}

}  // namespace nodeportd
