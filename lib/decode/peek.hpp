#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace nodeportd {

// What the text of a record says about itself where it cannot be decoded: enough to name the
// event in an alert. Nothing here is verified; what is not found is empty.
struct Peek {
  std::string_view audit_id;  // raw, as in the record: a client may choose it
  std::string_view stage;
  std::optional<WallTime> time;  // stageTimestamp, else requestReceivedTimestamp
};

// Also in an event that a carrier holds as escaped text. At most eight searches through `record`,
// and no value longer than 256 bytes.
[[nodiscard]] Peek peek(std::string_view record);

}  // namespace nodeportd
