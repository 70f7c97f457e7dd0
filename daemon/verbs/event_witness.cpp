#include "daemon/verbs/event_witness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "daemon/verbs/explain_report.hpp"

namespace nodeportd {
namespace {

// Of an audit event in any form; what rules are tried on need not have more.
bool looks_like_event(const Value& root) {
  constexpr std::array<const char*, 4> kMembers = {"auditID", "verb", "objectRef", "requestURI"};
  return std::any_of(kMembers.begin(), kMembers.end(),
                     [&](const char* member) { return root.find(member) != nullptr; });
}

}  // namespace

void EventWitness::hand_on(Batch* batch) {
  for (const Record& record : batch->records) {
    if (has_seen_) break;
    // What is too long was cut, so that nobody can say what it is.
    if (!record.oversize) look_at(record.text);
  }
  supply_.hand_on(batch);
}

void EventWitness::look_at(std::string_view record) {
  std::string why = "it holds no event";
  reader_.read(
      record,
      [&](const AuditEvent& event, std::uint32_t) {
        has_seen_ = has_seen_ || looks_like_event(event.root);
        why = "it is JSON, but not of an audit event";
      },
      [&](std::string_view, Reject reject, std::uint32_t) { why = words_for(reject); });
  if (first_.empty()) first_ = why;
}

std::string EventWitness::complaint(std::uint64_t records,
                                    const std::vector<std::string>& files) const {
  if (has_seen_ || first_.empty()) return "";
  std::string text =
      fmt::format("none of {} is an audit event; the first: {}", counted(records, "line"), first_);
  if (files.front() != "-") text += fmt::format("; see `nodeportd explain {}:1`", files.front());
  return text;
}

}  // namespace nodeportd
