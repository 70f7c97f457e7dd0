#pragma once

#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdlib>

#include "base/waker.hpp"

namespace nodeportd {

// A bounded, lock-free, one-way ring of T*, from one thread to one other. The reader may sleep on
// its Waker; pushing to a reader that is awake makes no system call.
template <typename T>
class Channel {
 public:
  // `reader` is the Waker of the thread that pops, and outlives the channel.
  Channel(std::size_t capacity, Waker& reader) : ring_(capacity), reader_(reader) {}

  // The writing thread. There must be room: whoever builds a channel gives it a slot for every
  // item that can exist, so a full ring is a bug and ends the process.
  void push(T* item) {
    put(item);
    reader_.wake();
  }
  // The same, and wakes nobody: for what can wait until the reader is awake anyway.
  void put(T* item) {
    if (!ring_.push(item)) std::abort();
  }

  // The reading thread. nullptr when empty.
  [[nodiscard]] T* try_pop() {
    T* item = nullptr;
    return ring_.pop(item) ? item : nullptr;
  }

  // How many there are, for the reader.
  [[nodiscard]] std::size_t size() const { return ring_.read_available(); }
  // Either thread; exact for the reader, and never true too late for the writer.
  [[nodiscard]] bool empty() const { return ring_.read_available() == 0; }

 private:
  boost::lockfree::spsc_queue<T*> ring_;
  Waker& reader_;
};

}  // namespace nodeportd
