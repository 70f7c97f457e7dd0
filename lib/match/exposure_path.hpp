#pragma once

#include "match/field_path.hpp"
#include "model/literals.hpp"

namespace nodeportd {

// The fields under `exposure.` stand in no log: decode derives them from the writes of Services.

// Whether the path leads to one, or to all of them.
[[nodiscard]] bool is_exposure(const FieldPath& path);

// Whether it leads to one that is known only once the history of the Service is: `change`,
// `before`, `opened` and `audit_id_reused`.
[[nodiscard]] bool asks_history(const FieldPath& path);

// What the record of any write of a Service holds, in whatever carrier: the resource's name, and
// the verb. (GKE has both in one word, `io.k8s.core.v1.services.create`.)
[[nodiscard]] Literals exposure_literals();

}  // namespace nodeportd
