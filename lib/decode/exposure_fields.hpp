#pragma once

#include <cstdint>
#include <memory_resource>

#include "model/event.hpp"
#include "model/exposure.hpp"

namespace nodeportd {

// Which of the facts that only history tells are there.
enum class History : std::uint8_t {
  pending,     // none
  uneventful,  // `opened` and `audit_id_reused`, as they are if nothing happened
  settled,     // these, `change` and `before`
};

// The event with one more member, `exposure`: the facts as rules ask for them. A fact that is not
// told is null, or an empty list. The tree lies in `arena` and views `exposure`.
[[nodiscard]] AuditEvent with_exposure(const AuditEvent& event, const Exposure& exposure,
                                       History history, std::pmr::memory_resource& arena);

}  // namespace nodeportd
