#pragma once

#include <vector>

#include "model/event.hpp"
#include "model/exposure.hpp"

namespace nodeportd {

// The facts of a write to the spec of a core/v1 Service: `objectRef` names resource `services`, no
// API group (Knative has services too), no subresource (`services/status` and `services/proxy`
// leave the spec as it is), and the stage is one that knows the result: RequestReceived and
// ResponseStarted come before it. None for any other event; one per Service for a deletion of a
// collection whose answer lists them.
//
// Everything comes from the apiserver's answer where the log has it, else from the request.
[[nodiscard]] std::vector<ServiceWrite> read_service_writes(const AuditEvent& event);

}  // namespace nodeportd
