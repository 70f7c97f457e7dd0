#include <benchmark/benchmark.h>

#include <optional>
#include <thread>
#include <vector>

#include "base/waker.hpp"
#include "model/batch.hpp"
#include "queue/lanes.hpp"

namespace nodeportd::test {
namespace {

// A batch to a worker thread and back, one on its way at a time: both ends sleep in between.
void hand_over(benchmark::State& state) {
  Waker collector;
  Lanes lanes(1, 16, collector);
  std::jthread worker([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      lanes.waker(0).prepare();
      if (Batch* batch = lanes.try_take(0)) {
        lanes.waker(0).cancel();
        lanes.hand_on(0, batch, Hurry::now);
      } else {
        lanes.waker(0).sleep(std::chrono::milliseconds(100));
      }
    }
  });
  Batch batch;
  for (auto _ : state) {
    lanes.deal(&batch);
    for (;;) {
      collector.prepare();
      if (lanes.try_collect() != nullptr) break;
      collector.sleep(std::nullopt);
    }
    collector.cancel();
  }
  worker.request_stop();
  lanes.waker(0).wake();
}
BENCHMARK(hand_over)->UseRealTime();

// To itself: the ring's own cost.
void pass_through(benchmark::State& state) {
  Waker collector;
  Lanes lanes(1, 16, collector);
  Batch batch;
  for (auto _ : state) {
    lanes.deal(&batch);
    lanes.hand_on(0, lanes.try_take(0), Hurry::now);
    benchmark::DoNotOptimize(lanes.try_collect());
  }
}
BENCHMARK(pass_through);

}  // namespace
}  // namespace nodeportd::test

BENCHMARK_MAIN();
