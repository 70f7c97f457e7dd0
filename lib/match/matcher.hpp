#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "match/rule_set.hpp"

namespace nodeportd {

// How many groups one event may give one rule: what a forged header of ours can grow is bounded.
constexpr std::size_t kGroupsMax = 256;
// Bytes of a group's or a field's text. A longer one is cut, and ends in `…#` and 16 hexadecimal
// digits of its hash, so that two texts stay two.
constexpr std::size_t kTextMax = 4'096;

[[nodiscard]] std::string bounded_text(std::string_view text);

// The groups of a matched event: the sorted product of the distinct values of each field.
struct Groups {
  std::vector<Group> kept;
  bool truncated = false;
};
[[nodiscard]] Groups groups_of(const CompiledRule& rule, const Value& root);

// Where the event stands, to its first byte if it stands in the record as it is; its time is
// stageTimestamp, else requestReceivedTimestamp, else the epoch.
[[nodiscard]] EventRef reference_to(const AuditEvent& event, const Record& record,
                                    const std::string& source);

// A record that could not be read, as a match of the built-in `line_uninspectable`. Exceptions
// that list its id are asked about its `source`, `reason`, `auditID` and `stage`.
[[nodiscard]] Match uninspectable_match(const RuleSet& rules, const std::string& source,
                                        const std::string& reason, const EventRef& event);

}  // namespace nodeportd
