#pragma once

#include <cstdint>
#include <string_view>

#include "model/event.hpp"

namespace nodeportd {

// What may be wrapped around audit events; docs/CARRIERS.md describes each.
enum class Carrier : std::uint8_t {
  none,               // an event, or an object that is for the rules to judge
  event_list,         // of the apiserver's webhook
  docker,             // a line of a json-file log
  cloudwatch,         // a subscription's message
  cloudwatch_query,   // the answer to get-log-events or filter-log-events
  cloudwatch_event,   // one entry of that answer
  cloudwatch_packed,  // base64, as a subscription hands it to a Lambda function
  gke,                // Cloud Logging's LogEntry
  azure,              // an AKS diagnostic record
  azure_batch,        // as Event Hubs groups them
  otlp,
};

// Told by the outermost members alone, since a client writes what is further in. What says that it
// is an audit event is no carrier whatever else it holds.
[[nodiscard]] Carrier carrier_of(const Value& object);

// The audit log of an AKS diagnostic record: text or an object. nullptr for another category's.
[[nodiscard]] const Value* azure_audit_log(const Value& record);

// Whether a record has to be read though the scan finds nothing in it. Carriers wrap by escaping
// JSON in JSON, in which letters stay letters (and an escape of one still shows `\u00`), so that
// the scan sees into them; it does not see into base64, nor what the legacy format leaves out.
// Costs a comparison with the apiserver's own lines.
[[nodiscard]] bool must_read(std::string_view record);

// A line of `--audit-log-format=legacy`: `2017-02-09T15:30:32Z AUDIT: id="..." ip="..." ...`.
[[nodiscard]] bool is_legacy_line(std::string_view text);

// Whether a log service cut the end off.
[[nodiscard]] bool is_cut(std::string_view text);

// Without a byte order mark and JSON's white space around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace nodeportd
