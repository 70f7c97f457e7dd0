#include "source/batch_stock.hpp"

#include <utility>

namespace nodeportd {
namespace {

// Ends of long lines and the byte that tells the end of a file come on top of batch_bytes.
constexpr std::size_t kSlack = 16UL * 1024;
// Of the wide buffer: so many batches' bytes, which the long lines of an apiserver fit in.
constexpr std::size_t kWideMax = 4;

}  // namespace

Batch* BatchStock::received(Batch* batch) {
  if (batch != nullptr && batch == grown_) {
    take_back_wide(*batch);
    grown_ = nullptr;
  }
  return batch;
}

bool BatchStock::is_wide(const Batch& batch) const {
  return batch.bytes.capacity() > batch_bytes_ + kSlack;
}

void BatchStock::take_back_wide(Batch& batch) {
  batch.bytes.swap(wide_);
  if (wide_.capacity() > kWideMax * batch_bytes_) wide_ = ReadBytes();
}

Batch* BatchStock::try_take() {
  if (spare_.empty()) return received(supply_.try_take());
  Batch* batch = spare_.back();
  spare_.pop_back();
  return batch;
}

Batch* BatchStock::take() {
  Batch* batch = spare_.empty() ? received(supply_.take()) : try_take();
  return batch;
}

void BatchStock::put_back(Batch* batch) {
  batch->clear();
  if (is_wide(*batch)) take_back_wide(*batch);
  spare_.push_back(batch);
}

void BatchStock::hand_on(Batch* batch) {
  if (is_wide(*batch)) grown_ = batch;
  ++handed_on_;
  supply_.hand_on(batch);
}

void BatchStock::look_for_grown() {
  while (grown_ != nullptr) {
    Batch* batch = received(supply_.try_take());
    if (batch == nullptr) return;
    spare_.push_back(batch);
  }
}

void BatchStock::wait_to_grow() {
  while (grown_ != nullptr) spare_.push_back(received(supply_.take()));
}

}  // namespace nodeportd
