#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "daemon/engine/edition.hpp"
#include "daemon/engine/feed.hpp"
#include "daemon/engine/ledger.hpp"
#include "daemon/engine/pulse_watch.hpp"
#include "daemon/engine/worker.hpp"
#include "queue/batch_pool.hpp"
#include "queue/lanes.hpp"

namespace nodeportd {

struct PipelineOptions {
  // Threads that examine; the source's is the first of them.
  std::size_t workers = 1;
  std::size_t batches = 16;
  std::size_t batch_bytes = 256 * 1024;
  std::size_t found_max = std::size_t{8} << 20U;  // bytes of matches on their way
};

// The chain between the source and the sinks, for `run` and `replay` alike:
//
//   feed -> lanes -> workers (scan, decode, match) -> lanes -> ledger (aggregate, state) -> pool
//   feed (scan, decode, match) ----------------------> lanes -> ledger
//
// The source's thread is the caller's: it fills feed().
class Pipeline {
 public:
  // What the ledger needs and the pipeline does not make itself.
  struct Parts {
    std::shared_ptr<const Edition> edition;
    Origin origin;
    AggregateOptions aggregate;
    std::vector<std::string> silenced;
    Ledger::Time time = Ledger::Time::live;
    Store& store;
    Outlets& outlets;
    std::uint64_t outbox_max = 0;  // bytes
    const Clock& clock;
    Log log;
    std::vector<Beat> beats;
    std::function<std::vector<std::pair<std::string, std::string>>()> beat_facts;
  };
  Pipeline(PipelineOptions options, Parts parts);

  [[nodiscard]] Feed& feed() { return feed_; }
  [[nodiscard]] Waker& source_waker() { return source_waker_; }
  [[nodiscard]] Ledger& ledger() { return ledger_; }
  [[nodiscard]] const WorkerCounters& counters() const { return counters_; }
  // Threads of this, to be watched.
  [[nodiscard]] std::vector<WatchedThread> threads();
  [[nodiscard]] std::size_t batches() const { return batches_; }

  // Examines what is read from now on by this edition. Any thread.
  void use(std::shared_ptr<const Edition> edition) { feed_.use(std::move(edition)); }

  void start();
  // Once the source's thread has ended: books what is on its way, commits, and ends
  // every thread.
  void finish();

 private:
  std::size_t batches_;
  Waker source_waker_;
  Waker ledger_waker_;
  BatchPool pool_;
  Lanes lanes_;
  WorkerCounters counters_;
  Feed feed_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Ledger ledger_;
  std::vector<std::jthread> worker_threads_;
  std::jthread ledger_thread_;
};

}  // namespace nodeportd
