#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "daemon/engine/worker.hpp"
#include "model/notice.hpp"
#include "source/stream.hpp"
#include "state/store.hpp"

namespace nodeportd {

// What the daemon says of itself.

// With how the last run on this state ended.
[[nodiscard]] Notice started_notice(const LastRun& last, WallTime now);
[[nodiscard]] Notice stopped_notice(WallTime started, const WorkerCounters& counters);

// What a heartbeat shows: how much was read, and how far each log.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> beat_facts(
    const WorkerCounters& counters, const std::vector<StreamStatus>& streams);

}  // namespace nodeportd
