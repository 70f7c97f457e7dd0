#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "model/batch.hpp"
#include "queue/channel.hpp"

namespace nodeportd {

// Every batch there is, made at start. Its free list is a channel from the thread that is done
// with batches (the aggregator's) to the one that fills them (the source's).
class BatchPool {
 public:
  // `taker` is the Waker of the thread that takes. `found_max`: once batches on their way hold more
  // bytes of matches than this, none is given out until they are booked. A batch of small lines
  // that all match finds five times its own size.
  BatchPool(std::size_t count, std::size_t batch_bytes, std::size_t found_max, Waker& taker);

  // The filling thread: a cleared batch, or nullptr when all are on their way or hold too much.
  [[nodiscard]] Batch* try_take();
  // The same thread: whether less than half is left of batches, or of what they may hold.
  [[nodiscard]] bool runs_low() const;
  // The thread that has examined it, before it hands it on.
  void count_found(const Batch& batch) { found_bytes_.fetch_add(batch.found_bytes); }
  // The thread that is done with it.
  void give_back(Batch* batch);

 private:
  std::vector<std::unique_ptr<Batch>> batches_;
  std::size_t found_max_;
  std::atomic<std::size_t> found_bytes_{0};
  Channel<Batch> free_;
};

}  // namespace nodeportd
