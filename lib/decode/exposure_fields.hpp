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

// An event with one more member, `exposure`: the facts as rules ask for them. A fact that is not
// told is null, or an empty list. The tree lies in `arena` and views `exposure`.
class ExposedEvent {
 public:
  ExposedEvent(const AuditEvent& event, const Exposure& exposure, std::pmr::memory_resource& arena);

  // With so much of history. It is one tree: what an earlier call gave is as the last one left it.
  const AuditEvent& with(History history);

 private:
  AuditEvent event_;
  const Exposure& exposure_;
  std::pmr::memory_resource& arena_;
  Member* facts_ = nullptr;
  Member* history_ = nullptr;  // behind the facts that need none: room for those that do
  Member* root_ = nullptr;     // `exposure`, among the event's members
};

}  // namespace nodeportd
