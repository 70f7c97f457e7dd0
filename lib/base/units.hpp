#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nodeportd {

// `500ms`, `30s`, `10m`, `1h`, `7d`, or several of them in falling order (`1h30m`). A bare number
// has no unit and is refused, except `0`. nullopt when malformed or beyond 100 years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// `512`, `256KiB`, `16MiB`, `1GiB` (also `KB`, `MB`, `GB`, decimal). nullopt when malformed or
// when it does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// The shortest of the forms above: `90s` is `1m30s`. A negative one (a lag, when clocks disagree)
// has a `-` in front.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

// The same in whole seconds, of which none is counted before it is over.
[[nodiscard]] std::string format_seconds(std::chrono::nanoseconds duration);

}  // namespace nodeportd
