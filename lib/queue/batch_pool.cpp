#include "queue/batch_pool.hpp"

namespace nodeportd {

BatchPool::BatchPool(std::size_t count, std::size_t batch_bytes, std::size_t found_max,
                     Waker& taker)
    : found_max_(found_max), free_(count, taker) {
  batches_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    batches_.push_back(std::make_unique<Batch>());
    batches_.back()->bytes.reserve(batch_bytes);
    free_.push(batches_.back().get());
  }
}

Batch* BatchPool::try_take() {
  return found_bytes_.load() > found_max_ ? nullptr : free_.try_pop();
}

bool BatchPool::runs_low() const {
  return 2 * free_.size() < batches_.size() || 2 * found_bytes_.load() > found_max_;
}

// The bytes first: the taker is woken by the batch.
void BatchPool::give_back(Batch* batch) {
  found_bytes_.fetch_sub(batch->found_bytes);
  batch->clear();
  free_.push(batch);
}

}  // namespace nodeportd
