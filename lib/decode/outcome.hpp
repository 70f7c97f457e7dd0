#pragma once

#include "model/event.hpp"
#include "model/exposure.hpp"

namespace nodeportd {

// Whether what an audit event asked for has happened, as far as the event tells. A dry run is told
// by the request's `dryRun` parameter (or a DELETE's options), and where that cannot be told by a
// created object that has a uid and no resourceVersion: it gets the one before, the other when it
// is stored. `authorization.k8s.io/decision` tells a refusal by the authorizer from one by an
// admission webhook, which is a 403 as well.
[[nodiscard]] Exposure::Outcome outcome_of(const Value& event);

}  // namespace nodeportd
