#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace nodeportd {

// RFC 3339 with any offset and up to nine digits of fraction; digits below the microsecond are
// cut. nullopt for anything else, a date that does not exist included.
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);

// `2026-11-24T08:59:27.277194Z`: UTC, always six digits of fraction.
[[nodiscard]] std::string format_time(WallTime time);

}  // namespace nodeportd
