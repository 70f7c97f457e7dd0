#include "daemon/worker.hpp"

#include "base/text.hpp"
#include "decode/peek.hpp"
#include "decode/resync.hpp"

namespace nodeportd {

void Worker::examine(Batch& batch) {
  for (const Record& record : batch.records) examine(record, batch);
}

void Worker::examine(const Record& record, Batch& batch) {
  ++batch.tally.records;
  batch.tally.bytes += record.text.size();
  if (record.oversize) {
    report(record, Reject::oversize, batch);
    return;
  }
  if (!scan_.may_match(record.text)) return;
  ++batch.tally.decoded;
  const auto event = decoder_.decode(record.text);
  if (!event) {
    salvage(record, event.error(), batch);
    return;
  }
  rules_.match(*event, record, batch.end.stream, batch.matches);
}

void Worker::salvage(const Record& record, Reject reject, Batch& batch) {
  const Salvage saved = resync(decoder_, record.text);
  if (saved.whole.empty()) {
    report(record, reject, batch);
    return;
  }
  Record part = record;
  part.text = saved.front;
  if (!saved.front_is_whole) {
    report(part, Reject::torn, batch);
  } else if (const auto event = decoder_.decode(part.text)) {
    rules_.match(*event, part, batch.end.stream, batch.matches);
  }
  part.text = saved.whole;
  part.offset += saved.front.size();
  if (const auto event = decoder_.decode(part.text)) {
    rules_.match(*event, part, batch.end.stream, batch.matches);
  }
}

void Worker::report(const Record& record, Reject reject, Batch& batch) const {
  ++batch.tally.uninspectable;
  const Peek seen = peek(record.text);
  EventRef event;
  event.audit_id = shorten(valid_utf8(seen.audit_id), 256);
  event.stage = shorten(valid_utf8(seen.stage), 256);
  event.time = seen.time.value_or(WallTime());
  event.source = batch.end.stream;
  event.offset = record.offset;
  batch.matches.push_back(
      uninspectable_match(rules_, batch.end.stream, std::string(to_text(reject)), event));
}

void Worker::run(const std::stop_token& stop, Lanes& lanes, std::size_t lane,
                 WorkerCounters& counters) {
  Waker& waker = lanes.waker(lane);
  const std::stop_callback wake(stop, [&waker] { waker.wake(); });
  while (!stop.stop_requested()) {
    Batch* batch = lanes.try_take(lane);
    if (batch == nullptr) {
      waker.prepare();
      batch = lanes.try_take(lane);
      if (batch == nullptr && !stop.stop_requested()) {
        waker.sleep(std::nullopt);
        continue;
      }
      waker.cancel();
      if (batch == nullptr) return;
    }
    examine(*batch);
    counters.records.add(batch->tally.records);
    counters.bytes.add(batch->tally.bytes);
    counters.decoded.add(batch->tally.decoded);
    counters.uninspectable.add(batch->tally.uninspectable);
    counters.matches.add(batch->matches.size());
    lanes.hand_on(lane, batch);
  }
}

}  // namespace nodeportd
