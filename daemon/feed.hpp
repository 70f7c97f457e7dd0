#pragma once

#include <atomic>
#include <cstdint>

#include "queue/batch_pool.hpp"
#include "queue/lanes.hpp"
#include "source/source.hpp"

namespace nodeportd {

// Where the source gets empty batches and leaves full ones. The source's thread, but for dealt().
class Feed final : public BatchSupply {
 public:
  // `waker` is the source's: woken when a batch is free again.
  Feed(BatchPool& pool, Lanes& lanes, Waker& waker) : pool_(pool), lanes_(lanes), waker_(waker) {}

  Batch* try_take() override { return pool_.try_take(); }

  Batch* take() override {
    for (;;) {
      if (Batch* batch = pool_.try_take()) return batch;
      waker_.prepare();
      if (Batch* batch = pool_.try_take()) {
        waker_.cancel();
        return batch;
      }
      waker_.sleep(std::nullopt);
    }
  }

  void hand_on(Batch* batch) override {
    lanes_.deal(batch);
    dealt_.fetch_add(1);
  }

  // How many batches were handed on. Any thread.
  [[nodiscard]] std::uint64_t dealt() const { return dealt_.load(); }

 private:
  BatchPool& pool_;
  Lanes& lanes_;
  Waker& waker_;
  std::atomic<std::uint64_t> dealt_{0};
};

}  // namespace nodeportd
