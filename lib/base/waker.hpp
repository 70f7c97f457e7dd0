#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "base/fd.hpp"

namespace nodeportd {

// Lets one thread sleep until another has work for it. The sleeper costs nothing while it sleeps,
// and waking a thread that is awake costs one atomic exchange and no system call.
//
// The sleeper's loop is: prepare(); look for work once more; if there is none, sleep().
// wake() between prepare() and sleep() is never lost.
class Waker {
 public:
  Waker();

  // Any thread.
  void wake();

  // The sleeping thread only.
  void prepare() { sleeping_.store(true); }
  void cancel() { sleeping_.store(false); }
  // Returns when wake() was called since prepare(), or after `timeout` (nullopt: never; zero and
  // less: at once). May return early: look for work anew.
  void sleep(std::optional<std::chrono::milliseconds> timeout);

  // For a thread that polls other descriptors too: readable once woken; drain() resets it.
  [[nodiscard]] int fd() const { return event_.get(); }
  void drain();

 private:
  Fd event_;
  std::atomic<bool> sleeping_{false};
};

}  // namespace nodeportd
