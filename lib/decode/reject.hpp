#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nodeportd {

// Why a record cannot be inspected.
enum class Reject : std::uint8_t {
  not_json,       // malformed, or more than one value
  torn,           // it ends in the middle
  not_an_object,  // JSON, but no event could be it
  too_deep,       // nested deeper than the apiserver itself takes
  too_large,      // more values than a request can bring
  oversize,       // longer than max_line, so that the source never read it whole
  cut,            // a log service shortened it: it ends in `[Truncated...]`
  packed,         // base64 of something compressed, which the feeder was to unpack
  legacy_format,  // --audit-log-format=legacy, which holds no bodies
};
inline constexpr std::size_t kRejects = 9;
// `not_json`: stable, since alerts are grouped by it.
[[nodiscard]] std::string_view to_text(Reject reject);

}  // namespace nodeportd
