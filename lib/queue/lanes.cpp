#include "queue/lanes.hpp"

namespace nodeportd {

Lanes::Lanes(std::size_t workers, std::size_t capacity, Waker& collector) {
  lanes_.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i) {
    lanes_.push_back(std::make_unique<Lane>(capacity, collector));
  }
}

void Lanes::deal(Batch* batch) {
  lanes_[dealt_++ % lanes_.size()]->in.push(batch);
}

Batch* Lanes::try_collect() {
  Batch* batch = lanes_[collected_ % lanes_.size()]->out.try_pop();
  if (batch != nullptr) ++collected_;
  return batch;
}

}  // namespace nodeportd
