#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "support/eventually.hpp"
#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

constexpr std::uint32_t kRevisions = 200;

// As a courier does: takes what waits until it has had the last revision.
std::uint32_t carry(Store& store, const std::string& sink) {
  std::uint32_t last = 0;
  while (last < kRevisions) {
    const auto deliveries = store.pending(sink, 10, 1 << 20);
    if (!deliveries) return 0;
    std::vector<Settlement> settlements;
    for (const Delivery& delivery : *deliveries) {
      if (delivery.alert.revision <= last) return 0;  // a revision came twice, or out of order
      last = delivery.alert.revision;
      settlements.push_back({delivery.alert.id, last, Settlement::End::delivered, ""});
    }
    if (!store.settle(sink, settlements, std::to_string(last), at(1))) return 0;
  }
  return last;
}

TEST_CASE("couriers, the writer and the pruner share the store, and each revision goes out once") {
  TempDir dir;
  auto store = open_store(dir / "state");
  std::atomic<std::uint32_t> carried = 0;
  std::atomic<bool> stop = false;
  std::thread pruner([&] {
    while (!stop) {
      if (!store->prune(at(2), std::chrono::minutes(5))) return;
      (void)store->outbox_usage();
      (void)store->take_notices();
    }
  });
  std::thread first([&] { carried += carry(*store, "s"); });
  std::thread second([&] { carried += carry(*store, "t"); });
  bool committed = true;
  for (std::uint32_t revision = 1; revision <= kRevisions; ++revision) {
    Changes changes;
    changes.outgoing = {{sample_alert("a", revision), {"s", "t"}}};
    changes.windows = {sample_window("a", revision)};
    committed = committed && store->commit(changes, at(1)).has_value();
  }
  first.join();
  second.join();
  stop = true;
  pruner.join();
  CHECK(committed);
  CHECK(carried == 2 * kRevisions);
  CHECK(must(store->sink_mark("s")) == std::to_string(kRevisions));
  CHECK(must(store->outbox_usage()).count == 0);
  CHECK(must(store->outbox_usage()).bytes == 0);
}

TEST_CASE("what was committed moves into the state file while commits go on") {
  TempDir dir;
  auto store = open_store(dir / "state");
  Alert alert = sample_alert("a");
  alert.message = std::string(1'000'000, 'x');
  const auto committed = [&] {
    send(*store, alert, {"s"});
    ++alert.revision;
    return std::filesystem::file_size(dir / "state/state.db") > 10'000'000;
  };
  CHECK(eventually(committed));
  CHECK(waiting(*store) == Names{"a." + std::to_string(alert.revision - 1)});
}

}  // namespace
}  // namespace nodeportd::test
