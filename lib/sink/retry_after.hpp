#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace nodeportd {

// How long a `Retry-After` header asks to wait from `now` on: seconds or an HTTP date (RFC 9110,
// 10.2.3), at most a year; a date that has passed is zero. nullopt for anything else.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view header,
                                                                         WallTime now);

}  // namespace nodeportd
