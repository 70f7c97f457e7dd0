#include "daemon/review.hpp"

#include <algorithm>

#include "decode/exposure_fields.hpp"

namespace nodeportd {

void Review::settle(Batch& batch) {
  if (batch.writes.empty()) return;
  const std::size_t found = batch.matches.size();
  for (std::uint32_t i = 0; i < batch.writes.size(); ++i) {
    history_.settle(batch.writes[i]);
    if (batch.writes[i].undecided) ask(batch, i);
  }
  rules_.yield_of_writes(batch.matches);
  if (batch.matches.size() <= 1 || found == 0) return;
  // In the order of the log again, whatever the batch's bounds.
  std::stable_sort(batch.matches.begin(), batch.matches.end(),
                   [](const Match& a, const Match& b) { return a.event.offset < b.event.offset; });
}

void Review::ask(Batch& batch, std::uint32_t write) {
  const ServiceWrite& known = batch.writes[write];
  const Record& record = batch.records[known.record];
  reader_.read(
      record.text,
      [&](const AuditEvent& event, std::uint32_t part) {
        if (part != known.event) return;
        const AuditEvent whole =
            with_exposure(event, known.exposure, History::settled, reader_.arena());
        rules_.match_settled(whole, record, batch.end.stream, write, batch.matches);
      },
      [](std::string_view, Reject, std::uint32_t) {});
}

}  // namespace nodeportd
