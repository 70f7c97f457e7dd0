#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/alert.hpp"
#include "model/exposure.hpp"
#include "model/position.hpp"
#include "model/window.hpp"

namespace nodeportd {

// Uses of auditIDs that were committed together.
struct AuditIdRun {
  std::vector<AuditIdUse> uses;
};

// The bytes of a row: a format version, a CRC-32C over the row's key and the value, and the value
// in cereal's portable form. The key is part of the sum, so that a value that turns up under
// another row's key is damaged too.
[[nodiscard]] std::string encode(std::string_view key, const Alert& alert);
[[nodiscard]] std::string encode(std::string_view key, const Window& window);
[[nodiscard]] std::string encode(std::string_view key, const FileMark& mark);
[[nodiscard]] std::string encode(std::string_view key, const KnownService& service);
[[nodiscard]] std::string encode(std::string_view key, const AuditIdRun& run);

// The value in `bytes`, for what can be encoded. Older formats are read: an alert of format 1 has
// no exposures. Anything but what encode() gave for this key, now or then, is an error of kind
// malformed; nothing is decoded, or allocated, before the sum is right.
template <typename Value>
[[nodiscard]] Result<Value> decode(std::string_view key, std::string_view bytes);

}  // namespace nodeportd
