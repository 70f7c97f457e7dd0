#include "sink/courier.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <thread>

#include "model/rule.hpp"
#include "support/courier_scene.hpp"
#include "support/eventually.hpp"

using namespace nodeportd;
using namespace nodeportd::test;
using namespace std::chrono_literals;

namespace {

Alert dead_letter_notice(int number) {
  Alert alert = numbered_alert(number);
  alert.rule_id = builtin::find("sink.dead_letter")->id;
  return alert;
}

}  // namespace

TEST_CASE("what waits is delivered oldest first, in batches, and settled") {
  Scene scene(rows(2));
  for (int i = 1; i <= 3; ++i) scene.outbox.put(numbered_alert(i));
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches == Batches{{"a1.e.1", "a2.e.1"}, {"a3.e.1"}});
  CHECK(scene.outbox.waiting().empty());
  CHECK(scene.outbox.journal() == Keys{"a1.1 delivered", "a2.1 delivered", "a3.1 delivered"});
  const CourierStatus status = scene.courier->status();
  CHECK(status.sink == "siem");
  CHECK(status.delivered == 3);
  CHECK(status.alive);
  CHECK(status.last_delivery == WallTime(Micros(1'000'000)));
}

TEST_CASE("how late an alert is, is measured once: from its event to whoever took it") {
  Scene scene;
  Alert first = numbered_alert(1);
  first.phase = Phase::first;
  first.events.resize(1);
  first.last_time = scene.clock.wall();
  Alert update = first;
  update.id = "a2";
  update.phase = Phase::update;
  Alert own = first;
  own.id = "a3";
  own.events.clear();
  for (const Alert& alert : {first, update, own}) scene.outbox.put(alert);
  scene.sink->script = {retry("away"), retry("away"), retry("away")};
  const std::optional<MonoTime> next = scene.settle_down();
  REQUIRE(next);
  CHECK(scene.courier->status().put_off == 3);
  CHECK(scene.courier->status().latency.sum == 0);
  scene.clock.advance(20s);
  (void)scene.settle_down();
  const CourierStatus status = scene.courier->status();
  CHECK(status.delivered == 3);
  CHECK(status.latency.sum == Approx(20));
  CHECK(std::accumulate(status.latency.counts.begin(), status.latency.counts.end(), 0U) == 1);
}

TEST_CASE("while it waits for a receiver a courier is not stuck, for as long as that may take") {
  CourierOptions options;
  options.attempt_max = 10s;
  Scene scene(options);
  scene.outbox.put(numbered_alert(1));
  Pulse& pulse = scene.courier->pulse();
  pulse.ask();
  scene.sink->on_deliver = [&] {
    CHECK(pulse.is_answered(scene.clock.mono() + 9s));
    CHECK_FALSE(pulse.is_answered(scene.clock.mono() + 10s));
  };
  (void)scene.step();
  CHECK(scene.sink->batches.size() == 1);
  scene.run_stopped();  // its next turn answers
  CHECK(pulse.is_answered(MonoTime::max()));
}

TEST_CASE("a failed delivery is tried again after a growing rest, and nothing overtakes it") {
  Scene scene;
  scene.outbox.put(numbered_alert(1));
  scene.outbox.put(numbered_alert(2));
  scene.sink->script = {Outcome{}, retry("connection refused"), retry("connection refused")};
  const std::optional<MonoTime> first = scene.settle_down();
  REQUIRE(first);
  CHECK(*first > scene.clock.mono());
  CHECK(*first <= scene.clock.mono() + 500ms);
  CHECK(scene.outbox.waiting() == Keys{"a2.e.1"});
  CHECK_FALSE(scene.courier->status().alive);
  CHECK(scene.courier->status().last_error == "connection refused");
  CHECK(scene.courier->status().last_error_at == scene.clock.wall());

  CHECK(scene.step() == first);  // woken by a commit: it rests all the same
  CHECK(scene.sink->batches.size() == 1);

  scene.advance_to(*first);
  const std::optional<MonoTime> second = scene.settle_down();
  REQUIRE(second);
  CHECK(*second <= scene.clock.mono() + 1s);
  scene.advance_to(*second);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches == Batches{{"a1.e.1", "a2.e.1"}, {"a2.e.1"}, {"a2.e.1"}});
  CHECK(scene.courier->status().retries == 2);
  CHECK(scene.courier->status().alive);
}

TEST_CASE("the receiver's Retry-After is waited for") {
  Scene scene;
  scene.outbox.put(numbered_alert(1));
  scene.sink->script = {retry("429 Too Many Requests", 90s)};
  scene.sink->on_deliver = [&] { scene.clock.advance(5s); };  // the rest begins with the answer
  const std::optional<MonoTime> next = scene.settle_down();
  CHECK(next == scene.clock.mono() + 90s);
  scene.clock.advance(89'999ms);
  CHECK(scene.settle_down() == scene.clock.mono() + 1ms);
  CHECK(scene.sink->batches.size() == 1);
  scene.clock.advance(1ms);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.outbox.waiting().empty());
}

TEST_CASE("a refused alert becomes a dead letter with its reason, and those behind it go on") {
  Scene scene;
  scene.outbox.put(numbered_alert(1));
  scene.outbox.put(numbered_alert(2));
  scene.sink->script = {refused("400 Bad Request")};
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.outbox.journal() == Keys{"a1.1 dead 400 Bad Request", "a2.1 delivered"});
  CHECK(scene.courier->status().refused == 1);
  CHECK(scene.courier->status().delivered == 1);
  CHECK(scene.courier->status().alive);
  REQUIRE(scene.notices.size() == 1);
  CHECK(scene.notices[0].rule == "sink.dead_letter");
  CHECK(scene.notices[0].text == "sink siem refused alert a1.e.1 for good: 400 Bad Request");
  CHECK(scene.notices[0].facts[0] == std::pair<std::string, std::string>{"sink", "siem"});
}

TEST_CASE("notices of dead letters are limited in rate, say what they left out, and make no loop") {
  Scene scene;
  scene.outbox.put(dead_letter_notice(0));
  for (int i = 1; i <= 3; ++i) scene.outbox.put(numbered_alert(i));
  scene.sink->script = std::deque<Outcome>(5, refused("no"));
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.courier->status().refused == 4);
  REQUIRE(scene.notices.size() == 1);
  CHECK(scene.notices[0].facts[1].second == "a1");

  scene.clock.advance(60s);
  scene.outbox.put(numbered_alert(4));
  CHECK(scene.settle_down() == std::nullopt);
  REQUIRE(scene.notices.size() == 2);
  CHECK(scene.notices[1].facts.back() ==
        std::pair<std::string, std::string>{"not_reported_before", "2"});
}

TEST_CASE("what an earlier life had written is settled and not delivered again") {
  Scene scene;
  for (int i = 1; i <= 3; ++i) scene.outbox.put(numbered_alert(i));
  scene.outbox.put(numbered_alert(2, 5));  // a newer revision came meanwhile
  scene.outbox.keep_mark("old");
  scene.sink->current_mark = "new";
  scene.sink->recovered = Keys{"a1.e.1", "a2.e.4", "not a key", "a9.e.x"};
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->recovered_from == "old");
  CHECK(scene.sink->batches == Batches{{"a3.e.1", "a2.e.5"}});
  CHECK(scene.outbox.journal() ==
        Keys{"a1.1 delivered", "a2.4 delivered", "mark new", "a3.1 delivered", "a2.5 delivered"});
}

TEST_CASE("a new mark is kept before anything is delivered") {
  Scene scene;
  scene.outbox.put(numbered_alert(1));
  scene.sink->current_mark = "empty file";
  scene.sink->on_deliver = [&] {
    scene.outbox.note("deliver");
    scene.sink->current_mark = "longer file";
  };
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.outbox.journal() ==
        Keys{"mark empty file", "deliver", "a1.1 delivered", "mark longer file"});

  scene.sink->current_mark = "rotated file";
  scene.sink->on_deliver = [&] { scene.outbox.note("deliver"); };
  scene.outbox.put(numbered_alert(2));
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.outbox.journal().at(4) == "mark rotated file");
  CHECK(scene.outbox.journal().at(5) == "deliver");
}

TEST_CASE("a sink that cannot recover or get ready is tried again and delivers nothing") {
  Scene scene;
  scene.outbox.put(numbered_alert(1));
  scene.sink->recovered = fail(ErrorKind::not_found, "/mnt/alerts: no such directory");
  std::optional<MonoTime> next = scene.settle_down();
  REQUIRE(next);
  CHECK(scene.courier->status().last_error == "/mnt/alerts: no such directory");

  scene.sink->recovered = Keys{};
  scene.sink->prepares = {fail(ErrorKind::full, "disk full")};
  scene.advance_to(*next);
  next = scene.settle_down();
  REQUIRE(next);
  CHECK(scene.courier->status().last_error == "disk full");
  CHECK_FALSE(scene.courier->status().alive);
  CHECK(scene.sink->batches.empty());

  scene.advance_to(*next);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.courier->status().alive);
  CHECK(scene.outbox.waiting().empty());
}

TEST_CASE("a delivery that could not be settled is settled later and not delivered twice") {
  Scene scene;
  scene.outbox.put(numbered_alert(1));
  scene.sink->on_deliver = [&] { scene.outbox.set_broken(true); };
  std::optional<MonoTime> next = scene.settle_down();
  REQUIRE(next);
  CHECK(scene.courier->status().last_error == "state: broken");
  CHECK(scene.courier->status().alive);  // the sink is; the state is not
  scene.advance_to(*next);
  next = scene.settle_down();
  REQUIRE(next);

  scene.sink->on_deliver = [] {};
  scene.outbox.set_broken(false);
  scene.outbox.put(numbered_alert(2));
  scene.advance_to(*next);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches == Batches{{"a1.e.1"}, {"a2.e.1"}});
  CHECK(scene.outbox.journal() == Keys{"a1.1 delivered", "a2.1 delivered"});
}

TEST_CASE("a sink that gives too few outcomes has its rest tried again") {
  class Silent final : public Sink {
   public:
    [[nodiscard]] std::vector<Outcome> deliver(std::span<const Alert>) override { return {}; }
  };
  FakeOutbox outbox;
  const ManualClock clock{WallTime{}};
  Courier courier("silent", std::make_unique<Silent>(), outbox, {}, clock, [](const Notice&) {});
  outbox.put(numbered_alert(1));
  CHECK(courier.step(clock.mono()));
  CHECK(outbox.waiting() == Keys{"a1.e.1"});
  CHECK(courier.status().retries == 1);
}

TEST_CASE("the sink is tended and reopened, and its trouble shows") {
  Scene scene;
  scene.sink->tend_at = scene.clock.mono() + 7s;
  scene.sink->current_trouble = "cannot rotate";
  CHECK(scene.settle_down() == scene.clock.mono() + 7s);
  CHECK(scene.courier->status().trouble == "cannot rotate");
  CHECK(scene.sink->reopened == 0);
  scene.courier->request_reopen();
  (void)scene.step();
  (void)scene.step();
  CHECK(scene.sink->reopened == 1);
}

TEST_CASE("once stopped it delivers what waits until there is nothing more") {
  Scene scene(rows(1));
  for (int i = 1; i <= 3; ++i) scene.outbox.put(numbered_alert(i));
  scene.courier->drain_until(scene.clock.mono() + 10s);
  scene.run_stopped();
  CHECK(scene.outbox.waiting().empty());
}

TEST_CASE("what is committed just before the stop is still delivered") {
  Scene scene;
  std::stop_source stop;
  scene.sink->on_tend = [&] {
    if (stop.stop_requested()) return;
    scene.outbox.put(numbered_alert(1));  // the turn has looked at the outbox already
    stop.request_stop();
  };
  scene.courier->drain_until(scene.clock.mono() + 10s);
  scene.courier->run(stop.get_token());
  CHECK(scene.outbox.waiting().empty());
}

TEST_CASE("draining ends with the first failure, at its deadline, or at once without one") {
  Scene scene(rows(1));
  for (int i = 1; i <= 3; ++i) scene.outbox.put(numbered_alert(i));
  SECTION("failure") {
    scene.sink->script = {Outcome{}, retry("away")};
    scene.courier->drain_until(scene.clock.mono() + 10s);
    scene.run_stopped();
    CHECK(scene.outbox.waiting() == Keys{"a2.e.1", "a3.e.1"});
  }
  SECTION("deadline") {
    scene.sink->on_deliver = [&] { scene.clock.advance(6s); };
    scene.courier->drain_until(scene.clock.mono() + 10s);
    scene.run_stopped();
    CHECK(scene.outbox.waiting() == Keys{"a3.e.1"});
  }
  SECTION("no deadline") {
    scene.run_stopped();
    CHECK(scene.outbox.waiting() == Keys{"a2.e.1", "a3.e.1"});
  }
}

TEST_CASE("a courier on its thread delivers when woken, rests while its sink is dead, and stops") {
  const SystemClock clock;
  FakeOutbox outbox;
  auto owned = std::make_unique<ScriptedSink>();
  std::atomic<int> attempts{0};
  owned->on_deliver = [&] { ++attempts; };
  owned->script = {Outcome{}, retry("away", 1h)};
  Courier courier("siem", std::move(owned), outbox, {}, clock, [](const Notice&) {});
  std::jthread thread([&](const std::stop_token& stop) { courier.run(stop); });

  outbox.put(numbered_alert(1));
  courier.waker().wake();
  REQUIRE(eventually([&] { return outbox.waiting().empty(); }));
  outbox.put(numbered_alert(2));
  courier.waker().wake();
  REQUIRE(eventually([&] { return !courier.status().alive; }));
  // Each wake is a turn, and none of them is an attempt.
  for (int i = 0; i < 100; ++i) courier.waker().wake();
  courier.drain_until(clock.mono() + 1h);
  thread.request_stop();
  thread.join();
  CHECK(attempts.load() == 2);
  CHECK(outbox.waiting() == Keys{"a2.e.1"});
}

TEST_CASE("a delivery that hangs at the stop is abandoned and stays in the outbox") {
  const SystemClock clock;
  FakeOutbox outbox;
  auto owned = std::make_unique<ScriptedSink>();
  std::atomic<bool> hangs{false};
  owned->script = {retry("stopping")};
  owned->on_deliver = [&, sink = owned.get()] {
    hangs.store(true);
    sink->hang_until_stopped();
  };
  Courier courier("siem", std::move(owned), outbox, {}, clock, [](const Notice&) {});
  std::jthread thread([&](const std::stop_token& stop) { courier.run(stop); });
  outbox.put(numbered_alert(1));
  courier.waker().wake();
  REQUIRE(eventually([&] { return hangs.load(); }));
  courier.drain_until(clock.mono() + 1h);
  thread.request_stop();
  courier.abandon();
  thread.join();
  CHECK(outbox.waiting() == Keys{"a1.e.1"});
}
