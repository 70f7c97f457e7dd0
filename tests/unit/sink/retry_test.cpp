#include "sink/retry.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace nodeportd;
using namespace std::chrono_literals;

namespace {

constexpr RetryPolicy kPolicy{.initial = 500ms, .max = 60s, .retry_after_max = 1h};

// The random number that gives the longest delay of a bound.
std::chrono::milliseconds longest(std::uint32_t failures) {
  std::chrono::milliseconds most{0};
  for (std::uint64_t random = 0; random < 60'000; ++random) {
    most = std::max(most, retry_delay(kPolicy, failures, std::nullopt, random));
  }
  return most;
}

}  // namespace

TEST_CASE("the bound of the delay doubles up to the cap and stays there") {
  CHECK(longest(1) == 500ms);
  CHECK(longest(2) == 1s);
  CHECK(longest(3) == 2s);
  CHECK(longest(7) == 32s);
  CHECK(longest(8) == 60s);
  CHECK(longest(1'000'000'000) == 60s);
}

TEST_CASE("the jitter is full: a delay is spread over its whole bound and is never zero") {
  std::minstd_rand random(1);
  int lower_half = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto delay = retry_delay(kPolicy, 4, std::nullopt, random());
    REQUIRE(delay >= 1ms);
    REQUIRE(delay <= 4s);
    if (delay <= 2s) ++lower_half;
  }
  CHECK(lower_half > 400);
  CHECK(lower_half < 600);
}

TEST_CASE("the time that the receiver named is the least, up to its own cap") {
  CHECK(retry_delay(kPolicy, 1, 30s, 7) == 30s);
  CHECK(retry_delay(kPolicy, 1, 0s, 7) == 8ms);
  CHECK(retry_delay(kPolicy, 8, 1s, 41'999) == 42s);
  CHECK(retry_delay(kPolicy, 1, 24h * 365, 7) == 1h);
}

TEST_CASE("a policy without any delay still waits a millisecond") {
  CHECK(retry_delay({.initial = 0ms, .max = 0ms}, 5, std::nullopt, 99) == 1ms);
}

TEST_CASE("a side rests after a failure and starts anew after a success") {
  Backoff side(kPolicy);
  const MonoTime now{100h};
  CHECK_FALSE(side.rests(now));
  side.fail(now, std::nullopt, 499);
  CHECK(side.until() == now + 500ms);
  CHECK(side.rests(now + 499ms));
  CHECK_FALSE(side.rests(now + 500ms));
  side.fail(now, std::nullopt, 999);
  CHECK(side.until() == now + 1s);
  side.succeed();
  CHECK_FALSE(side.until());
  side.fail(now, std::nullopt, 499);
  CHECK(side.until() == now + 500ms);
}
