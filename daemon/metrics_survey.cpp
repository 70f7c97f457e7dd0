#include "daemon/metrics_survey.hpp"

#include <algorithm>
#include <utility>

namespace nodeportd {

MetricsReport survey(StatusReport status, const Surveyed& parts) {
  MetricsReport report;
  report.status = std::move(status);
  report.ledger = parts.pipeline.ledger().figures();
  const WorkerCounters& workers = parts.pipeline.counters();
  for (std::size_t i = 0; i < kRejects; ++i) report.rejects[i] = workers.rejects[i].get();
  const SourceCounters& source = parts.source.counters();
  report.source = {.rotations = source.streams.rotations.get(),
                   .truncations = source.streams.truncations.get(),
                   .files_lost = source.streams.files_lost.get(),
                   .files_open = source.files_open.get(),
                   .overflows = source.overflows.get(),
                   .unwatched = source.unwatched.get()};
  report.rules = parts.rules.size();
  report.batches = parts.pipeline.batches();
  // Asked one after the other, while batches go on.
  const std::uint64_t dealt = parts.pipeline.feed().dealt();
  report.batches_in_use = dealt - std::min(dealt, report.status.ledger.batches);
  if (const auto usage = parts.store.outbox_usage()) report.outbox_bytes = usage->bytes;
  report.outbox_bytes_max = parts.config.state.max_size;
  report.quarantined = parts.store.quarantined();
  report.troubles = parts.lookout.standing();
  report.troubles.emplace_back("state.undurable", report.status.ledger.durable ? 0 : 1);
  report.troubles.emplace_back("reading.paused", report.status.ledger.paused ? 1 : 0);
  report.now = parts.clock.mono();
  return report;
}

}  // namespace nodeportd
