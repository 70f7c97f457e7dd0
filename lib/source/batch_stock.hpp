#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/batch.hpp"
#include "source/source.hpp"

namespace nodeportd {

// The batches that the source has in hand, and the one that may be larger than all others: memory
// is bounded by the pool plus one record of max_line. One thread.
class BatchStock {
 public:
  BatchStock(BatchSupply& supply, std::size_t batch_bytes)
      : supply_(supply), batch_bytes_(batch_bytes) {}

  // A cleared batch, or nullptr when none is free.
  [[nodiscard]] Batch* try_take();
  // The same, waiting for one.
  [[nodiscard]] Batch* take();
  void put_back(Batch* batch);
  void hand_on(Batch* batch);
  [[nodiscard]] std::optional<MonoTime> kept_until() const { return supply_.kept_until(); }
  void let_go() { supply_.let_go(); }

  // Whether a batch may get a larger buffer: not while another has one and is on its way.
  [[nodiscard]] bool may_grow() const { return grown_ == nullptr; }
  // That buffer, or nullptr. Once used it is kept, unless it is very large: its pages are dear.
  [[nodiscard]] ReadBytes* wide() { return may_grow() ? &wide_ : nullptr; }
  // Gathers what is free, in search of the grown one; wait_to_grow() until it is there.
  void look_for_grown();
  void wait_to_grow();
  [[nodiscard]] std::uint64_t handed_on() const { return handed_on_; }

 private:
  Batch* received(Batch* batch);
  [[nodiscard]] bool is_wide(const Batch& batch) const;
  void take_back_wide(Batch& batch);

  BatchSupply& supply_;
  std::size_t batch_bytes_;
  std::vector<Batch*> spare_;
  const Batch* grown_ = nullptr;
  ReadBytes wide_;  // or the one that was given for it
  std::uint64_t handed_on_ = 0;
};

}  // namespace nodeportd
