#pragma once

#include <cstdint>
#include <memory_resource>

#include "model/event.hpp"
#include "model/exposure.hpp"

namespace nodeportd {

// Whether the facts that only history tells (`before`, `opened`, `change`, `audit_id_reused`) are
// settled yet.
enum class History : std::uint8_t { pending, settled };

// The event with one more member, `exposure`: the facts as rules ask for them. A fact that is not
// told is null, or an empty list. While history is pending its facts are not there. The tree lies
// in `arena` and views `exposure`.
[[nodiscard]] AuditEvent with_exposure(const AuditEvent& event, const Exposure& exposure,
                                       History history, std::pmr::memory_resource& arena);

}  // namespace nodeportd
