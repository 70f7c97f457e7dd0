#include "queue/lanes.hpp"

#include <algorithm>

namespace nodeportd {

Lanes::Lanes(std::size_t workers, std::size_t capacity, Waker& collector)
    : collector_(collector), bypass_(capacity, collector), order_(capacity) {
  lanes_.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i) {
    lanes_.push_back(std::make_unique<Lane>(capacity, collector));
  }
}

bool Lanes::is_any_free() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane->in.empty(); });
}

void Lanes::deal(Batch* batch) {
  for (std::size_t i = 0; i < lanes_.size() && !lanes_[turn_]->in.empty(); ++i) {
    turn_ = (turn_ + 1) % lanes_.size();
  }
  write_down(turn_);
  lanes_[turn_]->in.push(batch);
  turn_ = (turn_ + 1) % lanes_.size();
}

void Lanes::pass_by(Batch* batch, Hurry hurry) {
  write_down(lanes_.size());
  put(bypass_, batch, hurry);
}

void Lanes::put(Channel<Batch>& out, Batch* batch, Hurry hurry) {
  if (hurry == Hurry::now) {
    out.push(batch);
  } else {
    out.put(batch);
  }
}

// Before the batch itself: who finds it must know its turn.
void Lanes::write_down(std::size_t lane) {
  if (!order_.push(lane)) std::abort();  // there is a place for every batch
}

Channel<Batch>& Lanes::out(std::size_t lane) {
  return lane < lanes_.size() ? lanes_[lane]->out : bypass_;
}

bool Lanes::is_next_ready() {
  return order_.read_available() > 0 && !out(order_.front()).empty();
}

Batch* Lanes::try_collect() {
  if (!is_next_ready()) return nullptr;
  Batch* batch = out(order_.front()).try_pop();
  order_.pop();
  return batch;
}

}  // namespace nodeportd
