#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "support/eventually.hpp"
#include "unit/source/followed.hpp"

namespace nodeportd::test {
namespace {

// Hands batches to the test, which gives them back from its own thread.
class SharedSupply final : public BatchSupply {
 public:
  explicit SharedSupply(Waker& waker) : waker_(waker) {
    for (Batch& batch : batches_) free_.push_back(&batch);
  }
  Batch* try_take() override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    if (free_.empty()) return nullptr;
    Batch* batch = free_.back();
    free_.pop_back();
    return batch;
  }
  Batch* take() override { return nullptr; }
  void hand_on(Batch* batch) override {
    const std::lock_guard lock(mutex_);
    for (const Record& record : batch->records) lines_.emplace_back(record.text);
    held_.push_back(batch);
  }
  void give_back() {
    {
      const std::lock_guard lock(mutex_);
      for (Batch* batch : held_) {
        batch->clear();
        free_.push_back(batch);
      }
      held_.clear();
    }
    waker_.wake();
  }
  std::size_t lines() {
    const std::lock_guard lock(mutex_);
    return lines_.size();
  }
  std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::uint64_t asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  Waker& waker_;
  std::mutex mutex_;
  std::array<Batch, 3> batches_;
  std::vector<Batch*> free_;
  std::vector<Batch*> held_;
  Lines lines_;
  std::uint64_t asked_ = 0;
};

}  // namespace

TEST_CASE("the source's thread wakes for lines, waits for batches, sleeps and stops") {
  const TempDir dir;
  const std::string log = dir / "audit.log";
  write_text(log, "0\n");
  const SystemClock clock;
  Waker waker;
  SharedSupply supply(waker);
  SourceOptions options;
  options.inputs.push_back({.audit_log = log, .start = SourceOptions::Input::Start::beginning});
  options.reconcile = std::chrono::hours(1);
  auto source = Source::open(options, {}, supply, waker, clock);
  REQUIRE(source.has_value());
  std::jthread thread([&](const std::stop_token& stop) { (*source)->run(stop); });

  CHECK(eventually([&] { return supply.lines() == 1; }));
  supply.give_back();
  // Lines one by one while all batches are out: they wait in the file.
  for (int i = 1; i <= 50; ++i) append_text(log, std::to_string(i) + "\n");
  CHECK(eventually([&] { return supply.held() == 3 || supply.lines() == 51; }));
  CHECK(eventually([&] {
    supply.give_back();
    return supply.lines() == 51;
  }));
  // Idle, it asks for nothing: all that was noted is done after a few more looks.
  supply.give_back();
  append_text(log, "last\n");
  CHECK(eventually([&] { return supply.lines() == 52; }));
  CHECK((*source)->status()[0].path == log);

  // It is asked to stop while no batch is free, and stops.
  for (int i = 0; i < 50; ++i) append_text(log, "more\n");
  thread.request_stop();
  thread.join();
  CHECK(supply.lines() >= 52);
}

}  // namespace nodeportd::test
