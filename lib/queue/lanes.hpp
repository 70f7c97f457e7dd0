#pragma once

#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "queue/channel.hpp"

namespace nodeportd {

struct Batch;

// Whether the collector is woken for a batch. Waking it for each of a backlog would cost as much
// as reading it; but who goes to sleep wakes it before, or all might sleep.
enum class Hurry : std::uint8_t { none, now };

// One lane to and from each worker, and one that passes by all workers. Which lane each batch went
// to is written down, so that batches leave in the order in which they came, whatever the workers'
// speed, without a sort. That order is what makes the same log give the same alerts.
class Lanes {
 public:
  // `capacity` is the number of batches there are; `collector` the Waker of the collecting thread.
  Lanes(std::size_t workers, std::size_t capacity, Waker& collector);

  [[nodiscard]] std::size_t workers() const { return lanes_.size(); }

  // The source's thread. Whether no batch waits for some worker.
  [[nodiscard]] bool is_any_free() const;
  // Hands a batch to the next worker that is free, or whose turn it is.
  void deal(Batch* batch);
  // Hands on a batch that needs no worker.
  void pass_by(Batch* batch, Hurry hurry);
  // For all that was in no hurry. A thread that hands on batches calls it before it sleeps.
  void wake_collector() { collector_.wake(); }

  // Worker `i`'s thread.
  [[nodiscard]] Batch* try_take(std::size_t i) { return lanes_[i]->in.try_pop(); }
  void hand_on(std::size_t i, Batch* batch, Hurry hurry) { put(lanes_[i]->out, batch, hurry); }
  [[nodiscard]] Waker& waker(std::size_t i) { return lanes_[i]->waker; }

  // The collecting thread: the next batch in order, or nullptr when it is not done yet.
  [[nodiscard]] Batch* try_collect();
  [[nodiscard]] bool is_next_ready();

 private:
  struct Lane {
    Lane(std::size_t capacity, Waker& collector) : in(capacity, waker), out(capacity, collector) {}
    Waker waker;
    Channel<Batch> in;
    Channel<Batch> out;
  };

  // Of the lane with this number; the one after the workers' passes them by.
  [[nodiscard]] Channel<Batch>& out(std::size_t lane);
  void write_down(std::size_t lane);
  static void put(Channel<Batch>& out, Batch* batch, Hurry hurry);

  std::vector<std::unique_ptr<Lane>> lanes_;
  Waker& collector_;
  Channel<Batch> bypass_;
  boost::lockfree::spsc_queue<std::size_t> order_;  // the lanes that were used, the oldest first
  std::size_t turn_ = 0;                            // the source's thread
};

}  // namespace nodeportd
