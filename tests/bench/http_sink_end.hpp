#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"
#include "bench/arrivals.hpp"

namespace nodeportd::test {

// Answers every request on 127.0.0.1:`port` with 200 once its body is there, one connection at a
// time, until `over` or until all have arrived.
void receive_alerts(std::uint16_t port, Arrivals& arrivals, const std::atomic<bool>& over,
                    const Clock& clock);

}  // namespace nodeportd::test
