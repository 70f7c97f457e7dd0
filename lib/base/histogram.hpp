#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nodeportd {

// How long things took, counted by bounds that stand for everything from a write to memory to a
// receiver that was away for a day. Any thread.
class DurationHistogram {
 public:
  // In seconds; what is longer is counted too, behind the last of them.
  static constexpr std::array<double, 14> kBounds = {0.001, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5,
                                                     1,     5,     15,   60,    300, 3600, 86400};

  struct Figures {
    std::vector<std::uint64_t> counts;  // up to each bound, and beyond the last; not summed up
    double sum = 0;                     // seconds
  };

  void observe(std::chrono::nanoseconds took) {
    const double seconds = std::chrono::duration<double>(took).count();
    std::size_t at = 0;
    while (at < kBounds.size() && seconds > kBounds[at]) ++at;
    counts_[at].fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(took.count(), std::memory_order_relaxed);
  }

  [[nodiscard]] Figures figures() const {
    Figures figures;
    for (const auto& count : counts_) figures.counts.push_back(count.load());
    figures.sum = std::chrono::duration<double>(std::chrono::nanoseconds(nanoseconds_)).count();
    return figures;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::int64_t> nanoseconds_{0};
};

}  // namespace nodeportd
