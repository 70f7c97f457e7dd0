#include "daemon/engine/review.hpp"

#include <algorithm>

#include "decode/exposure_fields.hpp"

namespace nodeportd {

void Review::settle(Batch& batch) {
  if (batch.writes.empty()) return;
  for (std::uint32_t first = 0; first < batch.writes.size();) {
    bool is_asked = false;
    std::uint32_t end = first;
    for (; end < batch.writes.size(); ++end) {
      ServiceWrite& write = batch.writes[end];
      if (write.record != batch.writes[first].record) break;
      history_.settle(write);
      is_asked = is_asked || write.is_asked();
    }
    if (is_asked) ask(batch, first, end);
    first = end;
  }
  if (batch.matches.empty()) return;
  rules_->yield_of_writes(batch.matches);
  // In the order of the log again, whatever the batch's bounds.
  std::stable_sort(batch.matches.begin(), batch.matches.end(),
                   [](const Match& a, const Match& b) { return a.event.offset < b.event.offset; });
}

void Review::ask(Batch& batch, std::uint32_t first, std::uint32_t end) {
  const Record& record = batch.records[batch.writes[first].record];
  std::uint32_t next = first;
  ++reread_;
  reader_.read(
      record.text,
      [&](const AuditEvent& event, std::uint32_t part) {
        while (next < end && batch.writes[next].event < part) ++next;
        if (next == end || batch.writes[next].event != part) return;
        const ServiceWrite& write = batch.writes[next];
        if (!write.is_asked()) return;
        ExposedEvent exposed(event, write.exposure, reader_.arena());
        rules_->match_settled(exposed.with(History::settled), record, batch.end.stream, next,
                              batch.matches);
      },
      [](std::string_view, Reject, std::uint32_t) {});
}

}  // namespace nodeportd
