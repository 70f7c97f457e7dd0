#include "queue/batch_pool.hpp"

namespace nodeportd {

BatchPool::BatchPool(std::size_t count, std::size_t batch_bytes, Waker& taker)
    : free_(count, taker) {
  batches_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    batches_.push_back(std::make_unique<Batch>());
    batches_.back()->bytes.reserve(batch_bytes);
    free_.push(batches_.back().get());
  }
}

void BatchPool::give_back(Batch* batch) {
  batch->clear();
  free_.push(batch);
}

}  // namespace nodeportd
