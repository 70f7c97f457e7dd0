#include "sink/retry.hpp"

#include <algorithm>

namespace nodeportd {

using std::chrono::milliseconds;

milliseconds retry_delay(const RetryPolicy& policy, std::uint32_t failures,
                         std::optional<milliseconds> retry_after, std::uint64_t random) {
  milliseconds bound = std::min(policy.initial, policy.max);
  for (std::uint32_t i = 1; i < failures && bound < policy.max; ++i) {
    bound = std::min(2 * bound, policy.max);
    if (bound.count() <= 0) break;
  }
  // At least 1 ms: a receiver that fails at once must not become a busy loop.
  const auto range = static_cast<std::uint64_t>(std::max<milliseconds::rep>(bound.count(), 1));
  const milliseconds delay(static_cast<milliseconds::rep>(random % range) + 1);
  if (!retry_after) return delay;
  return std::max(delay, std::min(*retry_after, policy.retry_after_max));
}

}  // namespace nodeportd
