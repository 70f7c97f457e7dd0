// The outbox of the store: what each sink has not had yet.

#include <string_view>

#include "base/text.hpp"
#include "state/codec.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kReasonMax = 1024;  // bytes of what a receiver said, kept per dead letter
constexpr std::size_t kExpireMax = 1000;

}  // namespace

std::optional<std::int64_t> Store::enqueue(Transaction& transaction, const std::string& sink,
                                           const QueuedAlert& alert) {
  std::optional<std::int64_t> sequence;  // of the revision whose place it takes: mostly of none
  transaction.each(
      "SELECT sequence FROM outbox WHERE sink = ? AND alert_id = ? AND alert < ?",
      [&](const Row& row) { sequence = row.integer(0); }, sink, alert.id, alert.number);
  if (sequence) transaction.run("DELETE FROM outbox WHERE sequence = ?", *sequence);
  std::optional<std::int64_t> place;
  transaction.each(
      "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING sequence",
      [&](const Row& row) { place = row.integer(0); }, sequence, sink, alert.id, alert.revision,
      alert.number, alert.bytes);
  return place;
}

Result<std::vector<Delivery>> Store::pending(const std::string& sink, std::size_t rows_max,
                                             std::size_t bytes_max, std::int64_t after) {
  const std::lock_guard guard(mutex_);
  if (auto all = fresh_.take(sink, rows_max, bytes_max); all && after == 0) return std::move(*all);
  for (;;) {
    std::vector<Delivery> deliveries;
    std::vector<DamagedRow> damaged;
    std::size_t bytes = 0;
    auto read = database_.each(
        "SELECT o.sequence, a.number, a.alert_id, a.epoch, a.revision, a.body "
        "FROM outbox o JOIN alerts a ON a.number = o.alert "
        "WHERE o.sink = ? AND o.sequence > ? ORDER BY o.sequence LIMIT ?",
        [&](const Row& row) {
          const std::string_view body = row.text(5);
          if (!deliveries.empty() && bytes + body.size() > bytes_max) return false;
          const std::string key = std::string(row.text(2)) + '.' + std::string(row.text(3)) + '.' +
                                  std::to_string(row.integer(4));
          Result<Alert> alert = decode<Alert>(key, body);
          if (alert) {
            bytes += body.size();
            deliveries.push_back({row.integer(0), std::move(*alert)});
          } else {
            damaged.push_back({DamagedRow::Table::alerts, row.integer(1), key, alert.error().text,
                               std::string(body)});
          }
          return true;
        },
        sink, after, rows_max);
    if (!read) return fail(read.error());
    if (deliveries.empty() && damaged.empty() && after == 0) fresh_.begin(sink);
    // All of them damaged: what stands behind them must not wait for the next call.
    if (!set_aside(damaged) || !deliveries.empty()) return deliveries;
  }
}

Result<void> Store::settle(const std::string& sink, std::span<const Settlement> settlements,
                           const std::string& mark, WallTime now) {
  const std::lock_guard guard(mutex_);
  if (!settlements.empty()) fresh_.forget(sink);
  Transaction transaction(database_);
  for (const Settlement& settlement : settlements) {
    std::optional<std::int64_t> alert;
    transaction.each(
        "DELETE FROM outbox WHERE sink = ? AND alert_id = ? AND revision = ? RETURNING alert",
        [&](const Row& row) { alert = row.integer(0); }, sink, settlement.alert_id,
        settlement.revision);
    if (!alert || settlement.end == Settlement::End::delivered) continue;
    transaction.run("INSERT INTO dead_letters (sink, alert, at, kind, why) VALUES (?, ?, ?, ?, ?)",
                    sink, *alert, now, static_cast<std::uint8_t>(settlement.end),
                    shorten(settlement.why, kReasonMax));
  }
  transaction.run(
      "INSERT INTO sinks (sink, mark) VALUES (?, ?) "
      "ON CONFLICT (sink) DO UPDATE SET mark = excluded.mark",
      sink, Blob{mark});
  return transaction.commit();
}

Result<std::vector<bool>> Store::adopt(const std::string& sink, std::span<const Alert> alerts) {
  const std::lock_guard guard(mutex_);
  fresh_.forget(sink);
  std::vector<bool> known;
  Transaction transaction(database_);
  for (const Alert& alert : alerts) {
    std::optional<QueuedAlert> queued;
    transaction.each(
        "SELECT number, bytes FROM alerts WHERE alert_id = ? AND revision = ? AND epoch = ?",
        [&](const Row& row) {
          queued = QueuedAlert{row.integer(0), alert.id, alert.revision, row.bits(1)};
        },
        alert.id, alert.revision, alert.epoch);
    if (queued) (void)enqueue(transaction, sink, *queued);
    known.push_back(queued.has_value());
  }
  if (auto done = transaction.commit(); !done) return fail(done.error());
  return known;
}

Result<std::string> Store::sink_mark(const std::string& sink) {
  const std::lock_guard guard(mutex_);
  std::string mark;
  auto read = database_.each(
      "SELECT mark FROM sinks WHERE sink = ?",
      [&](const Row& row) { mark = std::string(row.text(0)); }, sink);
  if (!read) return fail(read.error());
  return mark;
}

Result<Usage> Store::pending_usage(const std::string& sink) {
  const std::lock_guard guard(mutex_);
  return usage("sink/" + sink);
}

Result<Usage> Store::outbox_usage() {
  const std::lock_guard guard(mutex_);
  return usage("waiting");
}

Result<std::vector<std::string>> Store::waiting_sinks() {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> sinks;
  auto read =
      database_.each("SELECT substr(owner, 6) FROM usage WHERE owner GLOB 'sink/*' AND count > 0",
                     [&](const Row& row) { sinks.emplace_back(row.text(0)); });
  if (!read) return fail(read.error());
  return sinks;
}

Result<std::size_t> Store::expire(const std::string& sink, std::uint64_t bytes_to_free,
                                  WallTime now) {
  const std::lock_guard guard(mutex_);
  fresh_.forget(sink);
  std::uint64_t bytes = 0;
  std::int64_t last = 0;
  Transaction transaction(database_);
  transaction.each(
      "SELECT sequence, bytes FROM outbox WHERE sink = ? ORDER BY sequence LIMIT ?",
      [&](const Row& row) {
        if (bytes >= bytes_to_free) return false;
        last = row.integer(0);
        bytes += row.bits(1);
        return true;
      },
      sink, kExpireMax);
  transaction.run(
      "INSERT INTO dead_letters (sink, alert, at, kind, why) "
      "SELECT sink, alert, ?, ?, 'gave way at state.max_size' FROM outbox "
      "WHERE sink = ? AND sequence <= ? ORDER BY sequence",
      now, static_cast<std::uint8_t>(Settlement::End::expired), sink, last);
  const std::int64_t expired =
      transaction.run("DELETE FROM outbox WHERE sink = ? AND sequence <= ?", sink, last);
  if (auto done = transaction.commit(); !done) return fail(done.error());
  return static_cast<std::size_t>(expired);
}

Result<std::uint32_t> Store::next_beat(const std::string& sink) {
  const std::lock_guard guard(mutex_);
  std::uint32_t beat = 0;
  auto done = database_.each(
      "INSERT INTO sinks (sink, beat) VALUES (?, 1) "
      "ON CONFLICT (sink) DO UPDATE SET beat = beat + 1 RETURNING beat",
      [&](const Row& row) { beat = static_cast<std::uint32_t>(row.integer(0)); }, sink);
  if (!done) return fail(done.error());
  return beat;
}

}  // namespace nodeportd
