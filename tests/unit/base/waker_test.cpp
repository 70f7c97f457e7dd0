#include "base/waker.hpp"

#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace nodeportd;
using std::chrono::milliseconds;

namespace {

bool is_readable(const Waker& waker) {
  pollfd waiting{.fd = waker.fd(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace

TEST_CASE("a wake between prepare and sleep is not lost") {
  Waker waker;
  waker.prepare();
  waker.wake();
  REQUIRE(is_readable(waker));
  waker.sleep(std::nullopt);  // returns, or the test never ends
  CHECK_FALSE(is_readable(waker));
}

TEST_CASE("waking one that is awake makes no system call, and no later sleep returns early") {
  Waker waker;
  waker.wake();
  CHECK_FALSE(is_readable(waker));
  waker.prepare();
  waker.cancel();
  waker.wake();
  CHECK_FALSE(is_readable(waker));
}

TEST_CASE("a wake is told once however often it is called") {
  Waker waker;
  waker.prepare();
  waker.wake();
  waker.wake();
  waker.drain();
  CHECK_FALSE(is_readable(waker));
}

TEST_CASE("a deadline that has passed does not sleep for ever") {
  const auto timeout = GENERATE(milliseconds(0), milliseconds(-1), milliseconds::min());
  Waker waker;
  waker.prepare();
  waker.sleep(timeout);
  waker.wake();
  CHECK_FALSE(is_readable(waker));  // awake again: nobody is to be woken
}

TEST_CASE("a timeout beyond what poll can take is a long one") {
  Waker waker;
  std::thread other;
  waker.prepare();
  // 2^32 ms would be 0 in an int, and then work would be false when sleep returns.
  std::atomic<bool> work{false};
  other = std::thread([&] {
    work = true;
    waker.wake();
  });
  waker.sleep(milliseconds(std::int64_t{1} << 32));
  const bool woken_by_work = work;
  other.join();
  CHECK(woken_by_work);
}

TEST_CASE("two threads that hand each other work through wakers never both sleep") {
  constexpr int kRounds = 20'000;
  Waker to_left;
  Waker to_right;
  std::atomic<int> turn{0};
  const auto play = [&turn](Waker& mine, Waker& theirs, int first) {
    for (int round = first; round < kRounds; round += 2) {
      while (turn.load() != round) {
        mine.prepare();
        if (turn.load() == round) {
          mine.cancel();
          break;
        }
        mine.sleep(std::nullopt);
      }
      turn.store(round + 1);
      theirs.wake();
    }
  };
  std::thread left([&] { play(to_left, to_right, 0); });
  play(to_right, to_left, 1);
  left.join();
  CHECK(turn == kRounds);
}
