#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace nodeportd {

// A sink that wants to hear every `every` that we are alive, so that silence means something.
struct Beat {
  std::string sink;
  std::chrono::milliseconds every;
};

// When which sink is due. Pure; one thread.
class Heartbeat {
 public:
  Heartbeat(std::vector<Beat> beats, MonoTime now) {
    for (Beat& beat : beats) due_.emplace_back(now + beat.every, std::move(beat));
  }

  // The sinks whose beat is due. A beat that comes late is not made up for.
  [[nodiscard]] std::vector<std::string> take_due(MonoTime now) {
    std::vector<std::string> sinks;
    for (auto& [at, beat] : due_) {
      if (now < at) continue;
      sinks.push_back(beat.sink);
      at = now + beat.every;
    }
    return sinks;
  }

  [[nodiscard]] std::optional<MonoTime> next() const {
    const auto soonest = std::min_element(
        due_.begin(), due_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (soonest == due_.end()) return std::nullopt;
    return soonest->first;
  }

 private:
  std::vector<std::pair<MonoTime, Beat>> due_;
};

}  // namespace nodeportd
