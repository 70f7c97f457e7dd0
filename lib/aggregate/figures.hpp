#pragma once

#include <cstddef>

#include "aggregate/alert_id.hpp"
#include "model/match.hpp"
#include "model/rule.hpp"
#include "model/window.hpp"

namespace nodeportd {

// What a window knows, as pure functions. Every figure is the same whatever the order in which
// matches arrive: sums, smallest, largest, and where a list is bounded the smallest are kept.

constexpr std::size_t kEventsMax = 3;      // per alert
constexpr std::size_t kValuesMax = 1'000;  // distinct, per field
constexpr std::size_t kDoorsListed = 64;   // ports, and addresses, of a write in an alert
constexpr std::size_t kSeenMax = 4'096;    // novel values remembered per window

// The window of `rule` that holds `time`: tumbling, aligned to 1970.
[[nodiscard]] WallTime window_start(WallTime time, const Rule& rule);

// A window with its identity and no figures yet.
[[nodiscard]] Window begin_window(const Origin& origin, const Rule& rule, WallTime start,
                                  const Group& group);

enum class Novelty : bool { known, fresh };

// Adds a match of `rule` to a window, and the facts of the service write that it is about, if it
// is. Says whether it brought a value of `alert_on_new` that the window had not seen; once kSeenMax
// are remembered, everything is known. The rule may have other `values` than when the window was
// begun: they go by their names.
Novelty absorb(Window& window, const Rule& rule, const Match& match, const Exposure* exposure);

}  // namespace nodeportd
