#include "base/waker.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstdlib>

namespace nodeportd {
namespace {

// poll(2) takes an int, and a negative one as "for ever": a deadline that has passed must not.
int poll_timeout(std::chrono::milliseconds timeout) {
  return static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, INT_MAX));
}

}  // namespace

Waker::Waker() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // Out of descriptors before anything runs: there is no daemon without this.
  if (!event_.is_open()) std::abort();
}

void Waker::wake() {
  // Sequentially consistent on purpose: pairs with prepare(), which the sleeper calls before it
  // looks for work a last time. Either it sees the work, or we see it sleeping.
  if (!sleeping_.exchange(false)) return;
  const std::uint64_t one = 1;
  // Fails only when it is readable already.
  [[maybe_unused]] const ssize_t wrote = ::write(event_.get(), &one, sizeof one);
}

void Waker::sleep(std::optional<std::chrono::milliseconds> timeout) {
  pollfd waiting{.fd = event_.get(), .events = POLLIN, .revents = 0};
  (void)::poll(&waiting, 1, timeout ? poll_timeout(*timeout) : -1);
  sleeping_.store(false);
  drain();
}

void Waker::drain() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
}

}  // namespace nodeportd
