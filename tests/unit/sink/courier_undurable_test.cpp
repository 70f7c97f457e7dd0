// Alerts that go out while the state cannot be written.

#include <catch2/catch.hpp>

#include "support/courier_scene.hpp"

using namespace nodeportd;
using namespace nodeportd::test;
using namespace std::chrono_literals;

TEST_CASE("while the state is broken undurable alerts go out, in order, through failures") {
  Scene scene(rows(2));
  CHECK(scene.settle_down() == std::nullopt);
  scene.outbox.set_broken(true);
  for (int i = 1; i <= 5; ++i) scene.courier->offer_undurable(numbered_alert(i));
  scene.sink->script = {Outcome{}, retry("away"), Outcome{}, refused("no")};
  const std::optional<MonoTime> next = scene.settle_down();
  REQUIRE(next);
  CHECK(scene.courier->status().undurable_waiting == 4);
  scene.advance_to(*next);
  (void)scene.settle_down();
  CHECK(scene.sink->batches ==
        Batches{{"a1.e.1", "a2.e.1"}, {"a2.e.1", "a3.e.1"}, {"a4.e.1", "a5.e.1"}});
  CHECK(scene.courier->status().undurable_waiting == 0);
  CHECK(scene.courier->status().delivered == 4);
  CHECK(scene.notices.size() == 1);
  CHECK(scene.outbox.journal().empty());
}

TEST_CASE("what a dead sink lacks goes to the outbox once the state knows it") {
  Scene scene;
  for (int i = 1; i <= 3; ++i) scene.courier->offer_undurable(numbered_alert(i));
  scene.sink->script = {retry("away"), retry("away"), retry("away")};
  (void)scene.step();
  scene.outbox.learn(numbered_alert(1));
  scene.outbox.learn(numbered_alert(3));
  (void)scene.step();
  CHECK(scene.outbox.waiting() == Keys{"a1.e.1", "a3.e.1"});
  CHECK(scene.courier->status().undurable_waiting == 1);
  scene.advance_to(scene.clock.mono() + 10min);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.courier->status().delivered == 3);
}

TEST_CASE("what a slow sink had no time for at the stop waits in the outbox, all of it") {
  Scene scene(rows(1'000));
  for (int i = 1; i <= 1'500; ++i) {
    scene.outbox.learn(numbered_alert(i));
    scene.courier->offer_undurable(numbered_alert(i));
  }
  scene.courier->drain_until(scene.clock.mono());
  scene.run_stopped();
  REQUIRE(scene.sink->batches.size() == 1);
  CHECK(scene.sink->batches[0].size() == 1'000);
  CHECK(scene.outbox.waiting().size() == 500);
  CHECK(scene.courier->status().undurable_waiting == 0);
}

TEST_CASE("what the outbox takes over while it is on its way to the sink is delivered once") {
  Scene scene(rows(2));
  for (int i = 1; i <= 4; ++i) scene.courier->offer_undurable(numbered_alert(i));
  scene.sink->script = {Outcome{}, retry("away")};
  scene.sink->on_deliver = [&] {
    if (scene.sink->batches.size() > 1) return;
    CHECK(scene.courier->hold_undurable() == Keys{"a1.e.1", "a2.e.1", "a3.e.1", "a4.e.1"});
    for (int i = 1; i <= 3; ++i) scene.outbox.put(numbered_alert(i));
    scene.courier->release_undurable({"a1.e.1", "a2.e.1", "a3.e.1"});
    CHECK(scene.courier->status().undurable_waiting == 3);
  };
  const std::optional<MonoTime> rest = scene.settle_down();
  REQUIRE(rest);
  CHECK(scene.courier->status().undurable_waiting == 1);
  scene.advance_to(*rest);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches == Batches{{"a1.e.1", "a2.e.1"}, {"a4.e.1"}, {"a2.e.1", "a3.e.1"}});
  CHECK(scene.outbox.waiting().empty());
}

TEST_CASE("while the outbox takes undurable alerts over the courier sends none of them") {
  Scene scene;
  scene.courier->offer_undurable(numbered_alert(1));
  CHECK(scene.courier->hold_undurable() == Keys{"a1.e.1"});
  (void)scene.settle_down();
  CHECK(scene.sink->batches.empty());
  scene.courier->release_undurable({});
  (void)scene.settle_down();
  CHECK(scene.sink->batches == Batches{{"a1.e.1"}});
}

TEST_CASE("undurable alerts are given up for a sink that takes none, and for no other") {
  Scene scene;
  for (int i = 1; i <= 3; ++i) scene.courier->offer_undurable(numbered_alert(i));
  CHECK(scene.courier->give_up_undurable() == 0);
  scene.sink->script = {retry("away"), retry("away"), retry("away")};
  // Those that are on their way wait, too.
  scene.sink->on_deliver = [&] { CHECK(scene.courier->status().undurable_waiting == 3); };
  const std::optional<MonoTime> next = scene.settle_down();
  REQUIRE(next);
  CHECK(scene.courier->status().undurable_waiting == 3);
  CHECK(scene.courier->give_up_undurable() == 3);
  CHECK(scene.courier->status().undurable_waiting == 0);
  CHECK(scene.courier->status().undurable_dropped == 3);
}

TEST_CASE("the queue of undurable alerts is bounded, and what it dropped is counted") {
  CourierOptions options;
  options.undurable_max = 2;
  Scene scene(options);
  for (int i = 1; i <= 3; ++i) scene.courier->offer_undurable(numbered_alert(i));
  CHECK(scene.courier->status().undurable_dropped == 1);
  // One comes while two are on their way: they come back to a queue with room for one.
  scene.sink->script = {retry("away"), retry("away")};
  scene.sink->on_deliver = [&] { scene.courier->offer_undurable(numbered_alert(4)); };
  const std::optional<MonoTime> next = scene.settle_down();
  REQUIRE(next);
  CHECK(scene.courier->status().undurable_dropped == 2);
  scene.sink->on_deliver = [] {};
  scene.advance_to(*next);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches == Batches{{"a2.e.1", "a3.e.1"}, {"a3.e.1", "a4.e.1"}});
}

TEST_CASE("what stands in an outbox that cannot be written goes out once, and is settled later") {
  Scene scene(rows(2));
  for (int i = 1; i <= 5; ++i) scene.outbox.put(numbered_alert(i));
  scene.outbox.set_full(true);
  scene.sink->script = {Outcome{}, Outcome{}, retry("away"), Outcome{}};
  REQUIRE(scene.settle_down());
  scene.advance_to(scene.clock.mono() + 10min);
  (void)scene.settle_down();
  CHECK(scene.sink->batches ==
        Batches{{"a1.e.1", "a2.e.1"}, {"a3.e.1", "a4.e.1"}, {"a3.e.1"}, {"a5.e.1"}});
  CHECK(scene.outbox.journal().empty());
  scene.outbox.set_full(false);
  scene.advance_to(scene.clock.mono() + 10min);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches.size() == 4);
  CHECK(scene.outbox.waiting().empty());
  // What comes next is read from the outbox's beginning again.
  scene.outbox.put(numbered_alert(6));
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches.back() == Keys{"a6.e.1"});
}

TEST_CASE("a revision that took the place of a delivered one goes out of a full outbox, too") {
  Scene scene(rows(2));
  for (int i = 1; i <= 3; ++i) scene.outbox.put(numbered_alert(i));
  scene.outbox.set_full(true);
  scene.sink->on_deliver = [&] {
    if (scene.sink->batches.size() == 1) scene.outbox.replace(numbered_alert(1, 2));
  };
  const std::optional<MonoTime> rest = scene.settle_down();
  REQUIRE(rest);
  scene.advance_to(*rest);
  (void)scene.settle_down();
  CHECK(scene.sink->batches == Batches{{"a1.e.1", "a2.e.1"}, {"a1.e.2"}, {"a3.e.1"}});
  scene.outbox.set_full(false);
  scene.advance_to(scene.clock.mono() + 10min);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches.size() == 3);
  CHECK(scene.outbox.waiting().empty());
}

TEST_CASE("a sink whose first mark was never kept waits for an outbox that can be written") {
  Scene scene;
  scene.sink->current_mark = "file 7, 0 bytes";
  scene.outbox.put(numbered_alert(1));
  scene.outbox.set_full(true);
  const std::optional<MonoTime> rest = scene.settle_down();
  REQUIRE(rest);
  CHECK(scene.sink->batches.empty());
  scene.outbox.set_full(false);
  scene.advance_to(*rest);
  CHECK(scene.settle_down() == std::nullopt);
  CHECK(scene.sink->batches == Batches{{"a1.e.1"}});
}
