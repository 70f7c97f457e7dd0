#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "daemon/engine/edition.hpp"
#include "daemon/engine/worker.hpp"
#include "queue/batch_pool.hpp"
#include "queue/lanes.hpp"
#include "source/source.hpp"

namespace nodeportd {

// Where the source gets empty batches and leaves full ones. The source's thread, but for dealt()
// and use().
//
// That thread is a worker too. What it has just read lies in its cache, so it examines a few new
// lines itself, where waking a worker would cost more than the work, and a backlog's batch while
// every worker has something waiting. And a batch that tells of nothing but how far the log is read
// is kept back for a second, or until there is more to tell: thousands of quiet lines a second wake
// nobody.
class Feed final : public BatchSupply {
 public:
  // What the thread that examines needs. All references outlive the feed.
  struct Parts {
    BatchPool& pool;
    Lanes& lanes;
    Waker& waker;  // the source's: woken when a batch is free again
    std::shared_ptr<const Edition> edition;
    WorkerCounters& counters;
    const Clock& clock;
  };
  explicit Feed(Parts parts);

  Batch* try_take() override;
  Batch* take() override;
  void hand_on(Batch* batch) override;
  [[nodiscard]] std::optional<MonoTime> kept_until() const override { return kept_until_; }
  void let_go() override;

  // From the next batch on. Any thread.
  void use(std::shared_ptr<const Edition> edition);

  // How many batches were handed on. Any thread.
  [[nodiscard]] std::uint64_t dealt() const { return dealt_.load(); }

 private:
  [[nodiscard]] bool is_ours(const Batch& batch) const;
  [[nodiscard]] bool is_quiet(const Batch& batch) const;
  void keep(Batch* batch);
  // Hands on the one that was kept, before another.
  void release();
  void pass_by(Batch* batch, Hurry hurry);
  // Notes what the aggregator is going to know of the stream's end.
  void note_end(const Batch& batch);

  Parts parts_;
  Worker worker_;
  Batch* kept_ = nullptr;      // quiet, and not told yet
  std::vector<Batch*> spare_;  // cleared: others were kept in their place
  std::optional<MonoTime> kept_until_;
  std::vector<bool> at_end_;  // by stream: as it was last told
  std::atomic<std::uint64_t> dealt_{0};

  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Edition> edition_;
};

}  // namespace nodeportd
