#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "queue/channel.hpp"

namespace nodeportd {

struct Batch;

// One lane to and from each worker. Batch n goes to worker n mod N and is collected from worker n
// mod N, so batches leave in the order in which they came, whatever the workers' speed, without a
// sort. That order is what makes the same log give the same alerts.
class Lanes {
 public:
  // `capacity` is the number of batches there are; `collector` the Waker of the collecting thread.
  Lanes(std::size_t workers, std::size_t capacity, Waker& collector);

  [[nodiscard]] std::size_t workers() const { return lanes_.size(); }

  // The source's thread: hands a batch to the worker whose turn it is.
  void deal(Batch* batch);

  // Worker `i`'s thread.
  [[nodiscard]] Batch* try_take(std::size_t i) { return lanes_[i]->in.try_pop(); }
  void hand_on(std::size_t i, Batch* batch) { lanes_[i]->out.push(batch); }
  [[nodiscard]] Waker& waker(std::size_t i) { return lanes_[i]->waker; }

  // The collecting thread: the next batch in order, or nullptr when it is not done yet.
  [[nodiscard]] Batch* try_collect();
  [[nodiscard]] bool is_next_ready() const {
    return !lanes_[collected_ % lanes_.size()]->out.empty();
  }

 private:
  struct Lane {
    Lane(std::size_t capacity, Waker& collector) : in(capacity, waker), out(capacity, collector) {}
    Waker waker;
    Channel<Batch> in;
    Channel<Batch> out;
  };

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::uint64_t dealt_ = 0;      // the source's thread
  std::uint64_t collected_ = 0;  // the collecting thread
};

}  // namespace nodeportd
