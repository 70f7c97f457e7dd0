#pragma once

#include <cstdint>

#include "match/field_path.hpp"
#include "model/literals.hpp"

namespace nodeportd {

// The fields under `exposure.` stand in no log: decode derives them from the writes of Services.

// Whether the path leads to one, or to all of them.
[[nodiscard]] bool is_exposure(const FieldPath& path);

// What is not known of a write while the history of its Service is pending.
enum class Unknown : std::uint8_t {
  history,  // `change`, `before`, `opened` and `audit_id_reused`
  course,   // `change` and `before`: supposed that it opened nothing and that its auditID is fresh
};
// Whether the path leads to what is unknown.
[[nodiscard]] bool asks_for(const FieldPath& path, Unknown unknown);

// What the record of any write of a Service holds, in whatever carrier: the resource's name, and
// the verb. (GKE has both in one word, `io.k8s.core.v1.services.create`.)
[[nodiscard]] Literals exposure_literals();

}  // namespace nodeportd
