#include "daemon/engine/worker.hpp"

#include "base/text.hpp"
#include "daemon/engine/edition.hpp"
#include "decode/carriers.hpp"
#include "decode/exposure_fields.hpp"
#include "decode/peek.hpp"
#include "model/held_bytes.hpp"

namespace nodeportd {

static_assert(kRejects <= std::tuple_size_v<decltype(BatchTally::rejects)>);

void WorkerCounters::add(const Batch& batch) {
  records.add(batch.tally.records);
  bytes.add(batch.tally.bytes);
  decoded.add(batch.tally.decoded);
  if (batch.tally.uninspectable > 0) {
    uninspectable.add(batch.tally.uninspectable);
    for (std::size_t i = 0; i < rejects.size(); ++i) rejects[i].add(batch.tally.rejects[i]);
  }
  matches.add(batch.matches.size());
}

void Worker::examine(Batch& batch) {
  for (std::uint32_t i = 0; i < batch.records.size(); ++i) examine(i, batch);
  for (const Match& match : batch.matches) batch.found_bytes += held_bytes(match);
  for (const ServiceWrite& write : batch.writes) batch.found_bytes += held_bytes(write);
}

void Worker::examine(std::uint32_t index, Batch& batch) {
  const Record& record = batch.records[index];
  ++batch.tally.records;
  batch.tally.bytes += record.text.size();
  if (record.oversize) {
    report(record, record.text, Reject::oversize, batch);
    return;
  }
  if (!scan_->may_match(record.text) && !must_read(record.text)) return;
  ++batch.tally.decoded;
  reader_.read(
      record.text,
      [&](const AuditEvent& event, std::uint32_t part) { take(event, index, part, batch); },
      [&](std::string_view text, Reject reject, std::uint32_t) {
        report(record, text, reject, batch);
      });
}

void Worker::take(const AuditEvent& event, std::uint32_t record, std::uint32_t part, Batch& batch) {
  const auto first = static_cast<std::uint32_t>(batch.writes.size());
  writes_.read(event, batch.writes);
  if (batch.writes.size() == first) {
    rules_->match(event, batch.records[record], batch.end.stream, batch.matches);
    return;
  }
  for (std::size_t i = first; i < batch.writes.size(); ++i) {
    batch.writes[i].record = record;
    batch.writes[i].event = part;
  }
  // A request that deletes many is still one request: the rules are asked once.
  ServiceWrite& write = batch.writes[first];
  ExposedEvent exposed(event, write.exposure, reader_.arena());
  const auto undecided =
      rules_->match_pending(exposed.with(History::pending), batch.records[record], batch.end.stream,
                            first, batch.matches);
  if (undecided.empty()) return;
  // Nearly all writes change nothing. That they need not be read again is known here already.
  const AuditEvent& quiet = exposed.with(History::uneventful);
  write.undecided = rules_->may_match_uneventful(quiet, undecided)
                        ? ServiceWrite::Undecided::yes
                        : ServiceWrite::Undecided::if_eventful;
}

void Worker::report(const Record& record, std::string_view text, Reject reject,
                    Batch& batch) const {
  ++batch.tally.uninspectable;
  ++batch.tally.rejects[static_cast<std::size_t>(reject)];
  const Peek seen = peek(text);
  EventRef event;
  event.audit_id = bounded_utf8(seen.audit_id, 256);
  event.stage = bounded_utf8(seen.stage, 256);
  event.time = seen.time.value_or(WallTime());
  event.source = batch.end.stream;
  event.offset = record.offset;
  batch.matches.push_back(
      uninspectable_match(*rules_, batch.end.stream, std::string(to_text(reject)), event));
}

void Worker::run(const std::stop_token& stop, Lanes& lanes, std::size_t lane, BatchPool& pool,
                 WorkerCounters& counters) {
  Waker& waker = lanes.waker(lane);
  const std::stop_callback wake(stop, [&waker] { waker.wake(); });
  while (!stop.stop_requested()) {
    pulse_.answer();
    Batch* batch = lanes.try_take(lane);
    if (batch == nullptr) {
      lanes.wake_collector();
      waker.prepare();
      pulse_.answer();
      batch = lanes.try_take(lane);
      if (batch == nullptr && !stop.stop_requested()) {
        waker.sleep(std::nullopt);
        continue;
      }
      waker.cancel();
      if (batch == nullptr) return;
    }
    use(*batch->edition->rules, batch->edition->scan);
    examine(*batch);
    counters.add(*batch);
    pool.count_found(*batch);
    lanes.hand_on(lane, batch, hurry_of(*batch));
  }
}

}  // namespace nodeportd
