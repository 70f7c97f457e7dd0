// The store's past: dead letters, and what is forgotten when.

#include <algorithm>
#include <string_view>

#include "state/codec.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

constexpr std::int64_t kPruneMax = 1000;
constexpr std::size_t kResendMax = 1000;    // a transaction: the daemon waits for it
constexpr std::int64_t kSparePages = 1024;  // free pages that are kept for what comes next
constexpr std::uint64_t kWindowShare = 4;   // windows may take this part of max_size
constexpr auto kWindowKept = std::chrono::hours(24);  // beyond lateness

}  // namespace

Result<std::vector<DeadLetter>> Store::dead_letters(std::int64_t after, std::size_t max) {
  const std::lock_guard guard(mutex_);
  std::vector<DeadLetter> letters;
  std::vector<DamagedRow> damaged;
  auto read = database_.each(
      "SELECT d.number, d.sink, d.at, d.kind, d.why, a.number, a.alert_id, a.epoch, a.revision, "
      "a.body FROM dead_letters d JOIN alerts a ON a.number = d.alert "
      "WHERE d.number > ? ORDER BY d.number LIMIT ?",
      [&](const Row& row) {
        const std::string key = std::string(row.text(6)) + '.' + std::string(row.text(7)) + '.' +
                                std::to_string(row.integer(8));
        Result<Alert> alert = decode<Alert>(key, row.text(9));
        if (alert) {
          letters.push_back({row.integer(0), std::string(row.text(1)), std::move(*alert),
                             row.time(2), static_cast<Settlement::End>(row.integer(3)),
                             std::string(row.text(4))});
        } else {
          damaged.push_back({DamagedRow::Table::alerts, row.integer(5), key, alert.error().text,
                             std::string(row.text(9))});
        }
      },
      after, max);
  if (!read) return fail(read.error());
  (void)set_aside(damaged);
  return letters;
}

Result<Resent> Store::resend(const std::optional<std::string>& sink,
                             std::optional<std::int64_t> number) {
  Resent resent;
  for (;;) {
    const Result<Resent> part = resend_some(sink.value_or(""), number);
    if (!part) return fail(part.error());
    resent.queued += part->queued;
    resent.forgotten += part->forgotten;
    if (part->queued + part->forgotten < kResendMax) return resent;
  }
}

Result<Resent> Store::resend_some(const std::string& sink, std::optional<std::int64_t> number) {
  const std::lock_guard guard(mutex_);
  fresh_.forget_all();
  struct Letter {
    std::int64_t number;
    std::string sink;
    QueuedAlert alert;
  };
  std::vector<Letter> letters;
  Transaction transaction(database_);
  transaction.each(
      "SELECT d.number, d.sink, a.number, a.alert_id, a.revision, a.bytes "
      "FROM dead_letters d JOIN alerts a ON a.number = d.alert "
      "WHERE (?1 = '' OR d.sink = ?1) AND (?2 IS NULL OR d.number = ?2) ORDER BY d.number LIMIT ?3",
      [&](const Row& row) {
        letters.push_back({row.integer(0),
                           std::string(row.text(1)),
                           {row.integer(2), std::string(row.text(3)),
                            static_cast<std::uint32_t>(row.integer(4)), row.bits(5)}});
      },
      sink, number, kResendMax);
  Resent done;
  for (const Letter& letter : letters) {
    ++(enqueue(transaction, letter.sink, letter.alert) ? done.queued : done.forgotten);
    transaction.run("DELETE FROM dead_letters WHERE number = ?", letter.number);
  }
  if (auto committed = transaction.commit(); !committed) return fail(committed.error());
  return done;
}

Result<bool> Store::prune(WallTime now, std::chrono::milliseconds lateness) {
  const std::lock_guard guard(mutex_);
  const Result<Usage> windows = usage("windows");
  const Result<Usage> history = usage("history");
  const Result<Usage> waiting = usage("waiting");
  for (const auto* read : {&windows, &history, &waiting}) {
    if (!*read) return fail(read->error());
  }
  const std::uint64_t idle = history->bytes - std::min(history->bytes, waiting->bytes);
  const std::uint64_t excess = idle > options_.max_size ? idle - options_.max_size : 0;
  Transaction transaction(database_);
  bool more =
      prune_windows(transaction, now - lateness - kWindowKept,
                    windows->bytes > options_.max_size / kWindowShare ? Crowded::yes : Crowded::no);
  more |= prune_history(transaction, now - options_.history, excess);
  // A log that is quiet for long is the latest of its stream, and is remembered.
  transaction.run(
      "DELETE FROM positions WHERE updated < ? AND EXISTS (SELECT 1 FROM positions n "
      "WHERE n.stream = positions.stream AND n.updated > positions.updated)",
      now - options_.history);
  if (auto done = transaction.commit(); !done) return fail(done.error());
  const Result<bool> spare = give_space_back();
  if (!spare) return fail(spare.error());
  return more || *spare;
}

bool Store::prune_windows(Transaction& transaction, WallTime before, Crowded crowded) {
  if (crowded == Crowded::yes) {
    return transaction.run(
               "DELETE FROM windows WHERE rowid IN (SELECT rowid FROM windows "
               "WHERE closed = 1 ORDER BY window_end LIMIT ?)",
               kPruneMax) == kPruneMax;
  }
  return transaction.run(
             "DELETE FROM windows WHERE rowid IN (SELECT rowid FROM windows WHERE "
             "closed = 1 AND window_end < ?1 AND updated < ?1 LIMIT ?2)",
             before, kPruneMax) == kPruneMax;
}

// Goes on where the last call stopped, so that a long stretch of alerts for which a dead sink waits
// is not walked at every call.
bool Store::prune_history(Transaction& transaction, WallTime before, std::uint64_t excess) {
  std::vector<std::int64_t> doomed;
  std::int64_t looked_at = 0;
  bool more = false;
  transaction.each(
      "SELECT number, committed, bytes, EXISTS (SELECT 1 FROM outbox WHERE alert = number) "
      "FROM alerts WHERE number > ? ORDER BY number LIMIT ?",
      [&](const Row& row) {
        if (row.time(1) >= before && excess == 0) return false;
        swept_ = row.integer(0);
        more = ++looked_at == kPruneMax;
        if (row.integer(3) != 0) return true;
        doomed.push_back(swept_);
        excess -= std::min(excess, row.bits(2));
        return true;
      },
      swept_, kPruneMax);
  for (const std::int64_t number : doomed) {
    transaction.run("DELETE FROM alerts WHERE number = ?", number);
  }
  if (!more) swept_ = 0;
  return more;
}

Result<bool> Store::give_space_back() {
  std::int64_t spare = 0;
  auto read =
      database_.each("PRAGMA freelist_count", [&](const Row& row) { spare = row.integer(0); });
  if (!read) return fail(read.error());
  if (spare <= kSparePages) return false;
  auto done = database_.each("PRAGMA incremental_vacuum(1024)", [](const Row&) {});
  if (!done) return fail(done.error());
  return spare > 2 * kSparePages;
}

}  // namespace nodeportd
