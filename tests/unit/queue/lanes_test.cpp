#include "queue/lanes.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <stop_token>
#include <thread>
#include <vector>

#include "queue/batch_pool.hpp"

namespace nodeportd {
namespace {

// Waits as every thread of the daemon does: look, announce the sleep, look again, sleep. nullptr
// once `stop` is requested.
template <typename Take>
Batch* wait_for(Waker& waker, Take take, const std::stop_token& stop = {}) {
  const std::stop_callback wake(stop, [&waker] { waker.wake(); });
  for (;;) {
    if (Batch* batch = take()) return batch;
    waker.prepare();
    Batch* batch = take();
    if (batch != nullptr || stop.stop_requested()) {
      waker.cancel();
      return batch;
    }
    waker.sleep(std::nullopt);
  }
}

}  // namespace

TEST_CASE("batches are collected in the order they were dealt, whatever the workers' speed") {
  const std::size_t workers = GENERATE(1U, 2U, 8U);
  constexpr std::size_t kBatches = 5;
  constexpr std::uint64_t kRounds = 5'000;
  Waker source;
  Waker collector;
  BatchPool pool(kBatches, 16, 1024, source);
  Lanes lanes(workers, kBatches, collector);

  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < workers; ++i) {
    threads.emplace_back([&lanes, i](const std::stop_token& stop) {
      const auto take = [&] { return lanes.try_take(i); };
      while (Batch* batch = wait_for(lanes.waker(i), take, stop)) {
        if (i % 2 == 1) std::this_thread::yield();
        batch->tally.records = batch->end.offset + 1;
        lanes.hand_on(i, batch, Hurry::now);
      }
    });
  }
  threads.emplace_back([&] {
    for (std::uint64_t n = 0; n < kRounds; ++n) {
      Batch* batch = wait_for(source, [&] { return pool.try_take(); });
      batch->end.offset = n;
      if (n % 7 == 0) {
        batch->tally.records = n + 1;
        lanes.pass_by(batch, Hurry::now);
      } else {
        lanes.deal(batch);
      }
    }
  });

  std::uint64_t in_order = 0;
  for (std::uint64_t n = 0; n < kRounds; ++n) {
    Batch* batch = wait_for(collector, [&] { return lanes.try_collect(); });
    if (batch->end.offset == n && batch->tally.records == n + 1) ++in_order;
    pool.give_back(batch);
  }
  CHECK(in_order == kRounds);
}

TEST_CASE("a batch goes to the worker that has nothing waiting") {
  Waker collector;
  Lanes lanes(2, 4, collector);
  std::array<Batch, 3> batches;
  CHECK(lanes.is_any_free());
  lanes.deal(&batches[0]);
  lanes.deal(&batches[1]);
  CHECK_FALSE(lanes.is_any_free());
  CHECK(lanes.try_take(1) == &batches[1]);
  CHECK(lanes.is_any_free());
  lanes.deal(&batches[2]);
  CHECK(lanes.try_take(1) == &batches[2]);
  lanes.hand_on(1, &batches[1], Hurry::none);
  CHECK_FALSE(lanes.is_next_ready());  // what was dealt first is not done yet
  CHECK(lanes.try_take(0) == &batches[0]);
  lanes.hand_on(0, &batches[0], Hurry::none);
  CHECK(lanes.try_collect() == &batches[0]);
  CHECK(lanes.try_collect() == &batches[1]);
  CHECK(lanes.try_collect() == nullptr);
}

TEST_CASE("a pool with all batches on their way gives none, and clears what comes back") {
  Waker source;
  BatchPool pool(2, 1024, 1024, source);
  Batch* first = pool.try_take();
  Batch* second = pool.try_take();
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(pool.try_take() == nullptr);

  first->bytes.assign(1000, 'x');
  first->records.resize(3);
  first->at_end = true;
  first->end.finished = true;
  first->notices.push_back({"test", "text", {}});
  first->matches.resize(1);
  first->tally.records = 3;
  pool.give_back(first);

  Batch* again = pool.try_take();
  REQUIRE(again == first);
  CHECK(again->bytes.empty());
  CHECK(again->bytes.capacity() >= 1024);
  CHECK(again->records.empty());
  CHECK_FALSE(again->at_end);
  CHECK_FALSE(again->end.finished);
  CHECK(again->notices.empty());
  CHECK(again->matches.empty());
  CHECK(again->tally.records == 0);
}

TEST_CASE("a pool gives none while batches on their way hold more than they may") {
  Waker source;
  BatchPool pool(4, 1024, 1'000, source);
  Batch* first = pool.try_take();
  first->found_bytes = 600;
  pool.count_found(*first);
  CHECK(pool.runs_low());
  Batch* second = pool.try_take();
  REQUIRE(second != nullptr);
  second->found_bytes = 500;
  pool.count_found(*second);
  CHECK(pool.try_take() == nullptr);
  pool.give_back(first);
  CHECK_FALSE(pool.runs_low());
  CHECK(pool.try_take() != nullptr);
}

}  // namespace nodeportd
