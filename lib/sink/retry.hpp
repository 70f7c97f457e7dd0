#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace nodeportd {

struct RetryPolicy {
  std::chrono::milliseconds initial{500};  // the bound of the first delay
  std::chrono::milliseconds max{60'000};   // no delay of ours is longer
  // A receiver that asks for more (`Retry-After: 31536000`) is asked again after this.
  std::chrono::milliseconds retry_after_max{3'600'000};
};

// How long to wait after `failures` failed attempts in a row (1: the first): exponential backoff
// with full jitter, so that many daemons do not come back to a receiver in step. `retry_after`, if
// the receiver named a time, is the least. `random` is any evenly distributed number.
[[nodiscard]] std::chrono::milliseconds retry_delay(
    const RetryPolicy& policy, std::uint32_t failures,
    std::optional<std::chrono::milliseconds> retry_after, std::uint64_t random);

// How one side that may fail is doing: it rests after a failure and is as new after a success.
class Backoff {
 public:
  explicit Backoff(const RetryPolicy& policy) : policy_(policy) {}

  void succeed() {
    failures_ = 0;
    until_.reset();
  }
  void fail(MonoTime now, std::optional<std::chrono::milliseconds> retry_after,
            std::uint64_t random) {
    if (failures_ < UINT32_MAX) ++failures_;
    until_ = now + retry_delay(policy_, failures_, retry_after, random);
  }
  [[nodiscard]] bool rests(MonoTime now) const { return until_ && now < *until_; }
  // When the rest ends or ended; nullopt if the last attempt succeeded.
  [[nodiscard]] std::optional<MonoTime> until() const { return until_; }

 private:
  RetryPolicy policy_;
  std::uint32_t failures_ = 0;  // in a row
  std::optional<MonoTime> until_;
};

}  // namespace nodeportd
