#pragma once

#include <memory_resource>

#include "model/event.hpp"

namespace nodeportd {

// The audit event that a LogEntry of Cloud Logging tells of, with the audit event's names.
// docs/CARRIERS.md says what becomes what. What the entry does not tell is absent: stage, level,
// groups, requestURI, and the code of a response that was no error. New values lie in `arena`.
[[nodiscard]] Value gke_event(const Value& entry, std::pmr::memory_resource& arena);

}  // namespace nodeportd
