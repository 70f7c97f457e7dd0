#include "daemon/report/metrics_survey.hpp"

#include <algorithm>
#include <utility>

namespace nodeportd {

const StateSurvey& LastSurvey::renew(const std::vector<std::string>& sinks) {
  if (Result<StateSurvey> now = store_.survey(sinks)) survey_ = std::move(*now);
  return survey_;
}

StatusReport take_status(const Surveyed& parts) {
  const WorkerCounters& counters = parts.pipeline.counters();
  const LedgerTally::Figures figures = parts.pipeline.ledger().figures();
  StatusReport report;
  report.cluster = parts.config.cluster;
  report.node = parts.config.node;
  report.epoch = parts.state.epoch();
  report.started = parts.started;
  report.now = parts.clock.wall();
  report.mono = parts.clock.mono();
  report.streams = parts.source.status();
  report.records = counters.records.get();
  report.bytes = counters.bytes.get();
  report.decoded = counters.decoded.get();
  report.matches = counters.matches.get();
  report.uninspectable = counters.uninspectable.get();
  report.rules_loaded = parts.rules_loaded;
  report.reload_refused = parts.refused.time;
  report.reload_problem = parts.refused.problem;
  for (const Rule& rule : parts.rules.catalog()) {
    std::uint64_t alerts = 0;
    for (const auto& [key, count] : figures.alerts) alerts += key.first == rule.id ? count : 0;
    report.rules.push_back({rule.id, rule.name, std::string(to_text(rule.level)), alerts});
  }
  for (const ExceptionSpec& each : parts.rules.exceptions()) {
    const auto found = figures.suppressed.find(each.name);
    report.suppressed[each.name] = found == figures.suppressed.end() ? 0 : found->second;
  }
  report.ledger = parts.pipeline.ledger().status();
  const StateSurvey& state = parts.state.renew(parts.outlets.names());
  for (const CourierStatus& courier : parts.outlets.status()) {
    const auto found = state.sinks.find(courier.sink);
    const StateSurvey::Outbox outbox =
        found == state.sinks.end() ? StateSurvey::Outbox{} : found->second;
    report.sinks.push_back({courier, outbox.waiting.count, outbox.waiting.bytes, outbox.oldest});
  }
  return report;
}

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
  report.outbox_bytes = parts.state.get().outbox.bytes;
  report.outbox_bytes_max = parts.config.state.max_size;
  report.quarantined = parts.state.get().quarantined;
  report.open_services = parts.state.get().open_services;
  report.troubles = parts.lookout.standing();
  report.troubles.emplace_back("state.undurable", report.status.ledger.durable ? 0 : 1);
  report.troubles.emplace_back("reading.paused", report.status.ledger.paused ? 1 : 0);
  report.now = parts.clock.mono();
  return report;
}

}  // namespace nodeportd
