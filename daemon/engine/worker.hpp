#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stop_token>

#include "base/counter.hpp"
#include "base/pulse.hpp"
#include "decode/event_reader.hpp"
#include "decode/reject.hpp"
#include "decode/scan.hpp"
#include "decode/service_write.hpp"
#include "match/matcher.hpp"
#include "model/batch.hpp"
#include "queue/batch_pool.hpp"
#include "queue/lanes.hpp"

namespace nodeportd {

// What all workers counted. Each drop of a line's content has its number here.
struct WorkerCounters {
  Counter records;
  Counter bytes;
  Counter decoded;
  Counter uninspectable;
  std::array<Counter, kRejects> rejects;  // the same by reason
  Counter matches;

  // What its tally and its matches say.
  void add(const Batch& batch);
};

// What ends at the end of the log is new, and may be waited for. What does not is a backlog's.
[[nodiscard]] inline Hurry hurry_of(const Batch& batch) {
  return batch.at_end ? Hurry::now : Hurry::none;
}

// scan ▸ decode ▸ match, for one batch after the other. One thread.
class Worker {
 public:
  Worker(const RuleSet& rules, const Scan& scan) { use(rules, scan); }

  // From the next batch on. Both are shared by all workers, and are there as long as they are used.
  void use(const RuleSet& rules, const Scan& scan) {
    rules_ = &rules;
    scan_ = &scan;
  }

  // Puts the matches of all records, the service writes that they tell of, and what could not be
  // inspected, into the batch.
  void examine(Batch& batch);

  // Answers at each turn of run().
  [[nodiscard]] Pulse& pulse() { return pulse_; }
  // The body of worker thread `lane`: until `stop` is requested. Each batch by its own edition.
  void run(const std::stop_token& stop, Lanes& lanes, std::size_t lane, BatchPool& pool,
           WorkerCounters& counters);

 private:
  void examine(std::uint32_t index, Batch& batch);
  void take(const AuditEvent& event, std::uint32_t record, std::uint32_t part, Batch& batch);
  void report(const Record& record, std::string_view text, Reject reject, Batch& batch) const;

  const RuleSet* rules_ = nullptr;
  const Scan* scan_ = nullptr;
  EventReader reader_;
  ServiceWriteReader writes_;
  Pulse pulse_;
};

}  // namespace nodeportd
