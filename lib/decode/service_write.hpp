#pragma once

#include <vector>

#include "base/digest.hpp"
#include "model/event.hpp"
#include "model/exposure.hpp"

namespace nodeportd {

// Reads the facts of writes to the spec of a core/v1 Service. One thread.
class ServiceWriteReader {
 public:
  // Adds the writes that an event tells of: its `objectRef` names resource `services`, no API group
  // (Knative has services too), no subresource (`services/status` and `services/proxy` leave the
  // spec as it is), and the stage is one that knows the result: RequestReceived and ResponseStarted
  // come before it. None for any other event; one per Service for a deletion of a collection whose
  // answer lists them.
  //
  // Everything comes from the apiserver's answer where the log has it, else from the request.
  void read(const AuditEvent& event, std::vector<ServiceWrite>& out);

 private:
  DigestBuilder digest_;
};

}  // namespace nodeportd
