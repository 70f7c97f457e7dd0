#pragma once

#include <memory_resource>

#include "model/event.hpp"

namespace nodeportd {

// The event with the names that audit.k8s.io/v1 has for what others call differently; the same
// object where nothing is. Older versions, as the apiserver converts them: `timestamp` is when
// the request came, `metadata.creationTimestamp` when the stage was reached, and v1alpha1 writes
// the object's group and version as one. OpenShift's collector puts a log level into `level` and
// the audit level elsewhere. New members lie in `arena`.
[[nodiscard]] Value as_v1(const Value& event, std::pmr::memory_resource& arena);

}  // namespace nodeportd
