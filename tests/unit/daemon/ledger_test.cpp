#include "daemon/ledger.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "daemon/pipeline.hpp"
#include "support/eventually.hpp"
#include "support/file_size_limit.hpp"
#include "support/manual_clock.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using namespace nodeportd::test;

namespace {

std::shared_ptr<const Edition> empty_edition() {
  return std::make_shared<const Edition>(
      std::make_shared<const RuleSet>(std::vector<CompiledRule>(), std::vector<ExceptionSpec>()));
}

// A live chain without sinks.
Pipeline::Parts parts_of(std::shared_ptr<const Edition> edition, Store& store, Outlets& outlets,
                         const Clock& clock) {
  return {.edition = std::move(edition),
          .origin = {"prod", "cp-1", store.epoch()},
          .aggregate = {},
          .silenced = {},
          .time = Ledger::Time::live,
          .store = store,
          .outlets = outlets,
          .outbox_max = StoreOptions().max_size,
          .clock = clock,
          .log = Log::none(),
          .beats = {},
          .beat_facts = {}};
}

// What such a chain stands on.
struct Ground {
  Ground() {
    StoreOptions options;
    options.directory = dir / "state";
    auto opened = Store::open(options, clock.wall());
    REQUIRE(opened);
    store = std::move(*opened);
  }
  Pipeline::Parts parts() { return parts_of(empty_edition(), *store, nobody, clock); }

  const TempDir dir;
  const SystemClock clock;
  std::unique_ptr<Store> store;
  Outlets nobody{{}};
};

}  // namespace

TEST_CASE("a state that can be written again at the stop is, before its next attempt is due") {
  Ground ground;
  Pipeline pipeline({}, ground.parts());
  {
    const FileSizeLimit full(0);
    pipeline.start();
    pipeline.ledger().post({"daemon.started", "nodeportd started", {}});
    REQUIRE(eventually([&] { return pipeline.ledger().status().failed_commits == 1; }));
  }
  pipeline.finish();
  const LedgerStatus status = pipeline.ledger().status();
  CHECK(status.durable);
  CHECK(status.revisions == 2);  // what was posted, and that the state could not be written
}

TEST_CASE("what the ledger tells, keeps and takes time for is counted by name") {
  Ground ground;
  Pipeline::Parts parts = ground.parts();
  parts.silenced = {"source.silent"};
  Pipeline pipeline({}, std::move(parts));
  pipeline.start();
  for (const char* name : {"source.missing", "source.silent", "source.missing"}) {
    pipeline.ledger().post({name, "text", {{"path", std::to_string(pipeline.batches())}}});
  }
  pipeline.finish();
  LedgerTally::Figures figures = pipeline.ledger().figures();
  CHECK(figures.notices["source.missing"] == 2);
  CHECK(figures.notices["source.silent"] == 1);  // silenced is not unseen
  CHECK(figures.alerts.at({builtin::find("source.missing")->id, "none"}) == 2);
  CHECK(figures.alerts.size() == 1);
  CHECK(std::accumulate(figures.transactions.counts.begin(), figures.transactions.counts.end(),
                        std::uint64_t{0}) == pipeline.ledger().status().commits);
}

TEST_CASE("notices beyond a thousand at once are counted, and told as one of each kind") {
  Ground ground;
  Pipeline pipeline({}, ground.parts());
  // Before there is a thread that takes them.
  for (int i = 0; i < 1'000; ++i) {
    pipeline.ledger().post({"source.missing", "text", {{"number", std::to_string(i)}}});
  }
  for (const char* name : {"sink.dead_letter", "source.missing", "sink.dead_letter"}) {
    pipeline.ledger().post({name, "one more", {}});
  }
  pipeline.start();
  pipeline.finish();
  LedgerTally::Figures figures = pipeline.ledger().figures();
  CHECK(figures.notices["source.missing"] == 1'001);
  CHECK(figures.notices["sink.dead_letter"] == 1);
  const auto told = ground.store->recent_alerts(WallTime::min(), 2'000);
  REQUIRE(told);
  const auto more = std::find_if(told->alerts.begin(), told->alerts.end(), [](const auto& each) {
    return each.alert.rule_id == builtin::find("sink.dead_letter")->id;
  });
  REQUIRE(more != told->alerts.end());
  CHECK(more->alert.message == "2 more of this kind came at once, and are not told one by one");
  CHECK(more->alert.facts == std::vector<std::pair<std::string, std::string>>{{"not_told", "2"}});
}

TEST_CASE("what is posted when the ledger's thread has ended is kept by closing it") {
  Ground ground;
  Pipeline pipeline({}, ground.parts());
  pipeline.start();
  pipeline.finish();
  const std::uint64_t before = pipeline.ledger().status().commits;
  pipeline.ledger().close();
  CHECK(pipeline.ledger().status().commits == before);  // of nothing
  pipeline.ledger().post({"sink.dead_letter", "refused in the drain", {}});
  SECTION("at once") {
    pipeline.ledger().close();
  }
  SECTION("with what could not be written before") {
    {
      const FileSizeLimit full(0);
      pipeline.ledger().close();
      CHECK_FALSE(pipeline.ledger().status().durable);
    }
    pipeline.ledger().close();
  }
  CHECK(pipeline.ledger().status().durable);
  const auto told = ground.store->recent_alerts(WallTime::min(), 10);
  REQUIRE(told);
  CHECK(std::any_of(told->alerts.begin(), told->alerts.end(),
                    [](const auto& each) { return each.alert.message == "refused in the drain"; }));
}

TEST_CASE("an alert counts once however many revisions it has, by what became of the request") {
  LedgerTally tally;
  Alert alert;
  alert.rule_id = "rule";
  alert.exposures.emplace_back().outcome = Exposure::Outcome::denied;
  for (const std::uint32_t revision : {1U, 2U, 3U}) {
    alert.revision = revision;
    tally.count(alert);
  }
  tally.count_suppressed({{"night", 2}, {"night", 3}});
  const LedgerTally::Figures figures = tally.figures();
  CHECK(figures.alerts.size() == 1);
  CHECK(figures.alerts.at({"rule", "denied"}) == 1);
  CHECK(figures.suppressed.at("night") == 5);
}

TEST_CASE("while no time passes a thousand batches without a match are two, and one transaction") {
  // The state's own thread and the ledger's take the time of no clock but this one.
  class Frozen final : public Clock {
   public:
    [[nodiscard]] WallTime wall() const override { return WallTime(std::chrono::hours(1)); }
    [[nodiscard]] MonoTime mono() const override { return MonoTime(std::chrono::hours(1)); }
  };
  const TempDir dir;
  const Frozen clock;
  StoreOptions options;
  options.directory = dir / "state";
  auto store = Store::open(options, clock.wall());
  REQUIRE(store);
  const auto edition = empty_edition();
  Outlets nobody({});
  Pipeline pipeline({}, parts_of(edition, **store, nobody, clock));
  pipeline.start();
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    Batch* batch = pipeline.feed().take();
    batch->end.stream = "audit.log";
    batch->end.offset = i;
    batch->at_end = true;
    pipeline.feed().hand_on(batch);
  }
  pipeline.finish();
  // The first, which tells that the log's end is reached, and the last, in place of all others.
  CHECK(pipeline.ledger().status().batches == 2);
  CHECK(pipeline.ledger().status().commits == 1);
  const auto positions = (*store)->positions();
  REQUIRE(positions);
  REQUIRE(positions->size() == 1);
  CHECK(positions->front().offset == 1'000);
}

TEST_CASE("what is known of Services waits longer for a transaction while a log is caught up on") {
  const TempDir dir;
  ManualClock clock(WallTime(std::chrono::hours(1)));
  StoreOptions options;
  options.directory = dir / "state";
  auto store = Store::open(options, clock.wall());
  REQUIRE(store);
  const auto edition = empty_edition();
  Outlets nobody({});
  Pipeline pipeline({}, parts_of(edition, **store, nobody, clock));
  pipeline.start();
  const std::string creation =
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a",)"
      R"("stage":"ResponseComplete","verb":"create","objectRef":{"resource":"services",)"
      R"("namespace":"shop","name":"web","apiVersion":"v1"},"responseStatus":{"code":201},)"
      R"("requestObject":{"kind":"Service","spec":{"type":"ClusterIP","ports":[{"port":80}]}},)"
      R"("stageTimestamp":"1970-01-01T01:00:00.000000Z"})";
  std::uint64_t batches = 0;
  // The ledger has looked at the clock once more when it has booked the batch.
  const auto hand_on = [&](bool at_end) {
    Batch* batch = pipeline.feed().take();
    batch->bytes.assign(creation.begin(), creation.end());
    batch->records.push_back({.text = {batch->bytes.data(), batch->bytes.size()}});
    batch->end.stream = "audit.log";
    batch->end.offset = ++batches;
    batch->at_end = at_end;
    pipeline.feed().hand_on(batch);
    pipeline.feed().let_go();
    REQUIRE(eventually([&] { return pipeline.ledger().status().batches == batches; }));
  };
  hand_on(false);
  clock.advance(std::chrono::milliseconds(199));
  hand_on(false);
  CHECK(pipeline.ledger().status().commits == 0);
  SECTION("until its time has come") {
    clock.advance(std::chrono::milliseconds(1));
    hand_on(false);
  }
  SECTION("or the log's end") {
    hand_on(true);
  }
  CHECK(eventually([&] { return pipeline.ledger().status().commits == 1; }));
  pipeline.finish();
}
