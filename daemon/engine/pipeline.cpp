#include "daemon/engine/pipeline.hpp"

#include "base/thread_name.hpp"

namespace nodeportd {

Pipeline::Pipeline(PipelineOptions options, Parts parts)
    : batches_(options.batches),
      pool_(options.batches, options.batch_bytes, options.found_max, source_waker_),
      lanes_(options.workers - 1, options.batches, ledger_waker_),
      feed_({.pool = pool_,
             .lanes = lanes_,
             .waker = source_waker_,
             .edition = parts.edition,
             .counters = counters_,
             .clock = parts.clock}),
      ledger_({.origin = std::move(parts.origin),
               .aggregate = parts.aggregate,
               .edition = parts.edition,
               .silenced = std::move(parts.silenced),
               .time = parts.time,
               .store = parts.store,
               .outlets = parts.outlets,
               .outbox_max = parts.outbox_max,
               .backlog_max = Ledger::kBacklogMax,
               .pool = pool_,
               .lanes = lanes_,
               .waker = ledger_waker_,
               .clock = parts.clock,
               .log = parts.log,
               .beats = std::move(parts.beats),
               .beat_facts = std::move(parts.beat_facts)}) {
  for (std::size_t i = 1; i < options.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(*parts.edition->rules, parts.edition->scan));
  }
}

void Pipeline::start() {
  ledger_thread_ = std::jthread([this](const std::stop_token& stop) {
    name_thread("ledger");
    ledger_.run(stop, [this] { return feed_.dealt(); });
  });
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    worker_threads_.emplace_back([this, i](const std::stop_token& stop) {
      name_thread("worker");
      workers_[i]->run(stop, lanes_, i, pool_, counters_);
    });
  }
}

std::vector<WatchedThread> Pipeline::threads() {
  std::vector<WatchedThread> threads = {{"ledger", &ledger_.pulse(), &ledger_waker_}};
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    threads.push_back({"worker " + std::to_string(i + 1), &workers_[i]->pulse(), &lanes_.waker(i)});
  }
  return threads;
}

void Pipeline::finish() {
  feed_.let_go();
  // The ledger first: it waits for the batches that the workers still hold.
  ledger_thread_.request_stop();
  if (ledger_thread_.joinable()) ledger_thread_.join();
  worker_threads_.clear();
}

}  // namespace nodeportd
