#include "daemon/verbs/replay_engine.hpp"

#include <memory>

#include "daemon/engine/each_batch.hpp"
#include "daemon/engine/outlets.hpp"
#include "daemon/engine/pipeline.hpp"
#include "daemon/verbs/event_witness.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

Alert final_of(const Window& window) {
  Alert alert = window.alert;
  alert.revision = 1;
  alert.phase = Phase::final;
  alert.closed_early = false;
  return alert;
}

}  // namespace

Result<Replayed> replay_files(const std::vector<std::string>& files, const RuleSet& rules,
                              const ReplayOptions& options,
                              const std::function<void(std::uint64_t)>& progress,
                              const std::function<void(const Alert&)>& take) {
  Result<std::unique_ptr<Store>> store = Store::open_temporary();
  if (!store) return fail(store.error());
  const SystemClock clock;
  Outlets nobody({});
  const AggregateConfig& aggregate = options.aggregate;
  // Not owned: the caller's, who waits for us.
  const std::shared_ptr<const RuleSet> lent(std::shared_ptr<const void>(), &rules);
  Pipeline pipeline({options.workers, options.workers + 15, options.batch_bytes},
                    {.edition = std::make_shared<const Edition>(lent),
                     .origin = {options.cluster, options.node, (*store)->epoch()},
                     .aggregate = {aggregate.lateness, aggregate.idle_after, aggregate.update_every,
                                   aggregate.max_keys, aggregate.max_bytes},
                     .silenced = {},
                     .time = Ledger::Time::replayed,
                     .store = **store,
                     .outlets = nobody,
                     .outbox_max = options.outbox_max,
                     .clock = clock,
                     .log = Log::none(),
                     .beats = {},
                     .beat_facts = {}});
  pipeline.start();
  EventWitness witness(pipeline.feed());
  const Result<void> read =
      read_files(files, {options.batch_bytes, kReplayMaxLine}, witness, progress);
  pipeline.finish();
  if (!read) return fail(read.error());
  if (!pipeline.ledger().status().durable) {
    return fail(ErrorKind::full,
                "the figures could not be kept: is the folder for temporary files full? Nothing is "
                "printed, for it would not be all");
  }
  const WorkerCounters& counters = pipeline.counters();
  Replayed replayed{counters.records.get(), counters.bytes.get(), 0, counters.uninspectable.get(),
                    witness.complaint(counters.records.get(), files)};
  const Result<void> told = pipeline.ledger().for_each_window([&](const Window& window) {
    ++replayed.alerts;
    take(final_of(window));
  });
  if (!told) return fail(told.error());
  return replayed;
}

}  // namespace nodeportd
