#pragma once

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
  // `taker` is the Waker of the thread that takes.
  BatchPool(std::size_t count, std::size_t batch_bytes, Waker& taker);

  // The filling thread: a cleared batch, or nullptr when all are on their way.
  [[nodiscard]] Batch* try_take() { return free_.try_pop(); }
  // The same thread: whether fewer than half of all batches are free.
  [[nodiscard]] bool runs_low() const { return 2 * free_.size() < batches_.size(); }
  // The thread that is done with it.
  void give_back(Batch* batch);

 private:
  std::vector<std::unique_ptr<Batch>> batches_;
  Channel<Batch> free_;
};

}  // namespace nodeportd
