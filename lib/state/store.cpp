#include "state/store.hpp"

#include <algorithm>
#include <string_view>

#include "state/codec.hpp"
#include "state/directory_lock.hpp"
#include "state/row_key.hpp"
#include "state/state_file.hpp"

namespace nodeportd {
namespace {

// A gap is told in seconds.
constexpr std::chrono::seconds kLastCommitEvery{1};

constexpr std::string_view kPutMeta =
    "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

Notice conflict_notice(const Alert& alert) {
  return {"state.damaged",
          "An alert's revision was made anew with other content, which has the next free number",
          {{"alert_id", alert.id}, {"revision", std::to_string(alert.revision)}}};
}

}  // namespace

Store::Store(Database database, StoreOptions options, Damaged damaged)
    : options_(std::move(options)),
      damaged_(damaged),
      database_(std::move(database)),
      quarantine_(database_) {}

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, WallTime now) {
  Result<Fd> lock = lock_directory(options.directory);
  if (!lock) return fail(lock.error());
  Result<StateFile> file = open_state_file(options, now);
  if (!file) return open_without_writing(options, std::move(*lock), file.error());
  std::unique_ptr<Store> store(new Store(std::move(file->database), options, Damaged::set_aside));
  store->lock_ = std::move(*lock);
  store->opened_ = now;
  for (Notice& notice : file->notices) store->quarantine_.report(std::move(notice));
  if (auto read = store->read_epoch(); !read) return fail(read.error());
  if (auto begun = store->begin_run(); !begun) return fail(begun.error());
  if (auto started = store->start_checkpoints(); !started) return fail(started.error());
  // Checking the file has filled the cache with pages that nobody asks for again.
  if (auto shrunk = store->database_.execute("PRAGMA shrink_memory"); !shrunk) {
    return fail(shrunk.error());
  }
  return store;
}

// A disk that is full or read-only must not keep us from reading the log and telling of it.
Result<std::unique_ptr<Store>> Store::open_without_writing(const StoreOptions& options, Fd lock,
                                                           const Error& why) {
  if (why.kind != ErrorKind::full && why.kind != ErrorKind::io) return fail(why);
  Result<Database> stand_in = open_stand_in(options);
  if (!stand_in) return fail(why);
  std::unique_ptr<Store> store(new Store(std::move(*stand_in), options, Damaged::left_alone));
  store->lock_ = std::move(lock);
  store->is_stand_in_ = true;
  if (auto read = store->read_epoch(); !read) return fail(read.error());
  if (auto read = store->read_last_run(); !read) return fail(read.error());
  return store;
}

Result<std::unique_ptr<Store>> Store::open_beside(const StoreOptions& options) {
  Result<Database> database = open_state_file_beside(options);
  if (!database) return fail(database.error());
  std::unique_ptr<Store> store(new Store(std::move(*database), options, Damaged::left_alone));
  if (auto read = store->read_epoch(); !read) return fail(read.error());
  return store;
}

Result<std::unique_ptr<Store>> Store::open_temporary() {
  Result<Database> database = open_temporary_state_file();
  if (!database) return fail(database.error());
  std::unique_ptr<Store> store(new Store(std::move(*database), {}, Damaged::set_aside));
  if (auto read = store->read_epoch(); !read) return fail(read.error());
  return store;
}

Result<void> Store::read_epoch() {
  return database_.each("SELECT value FROM meta WHERE name = 'epoch'",
                        [&](const Row& row) { epoch_ = std::string(row.text(0)); });
}

Result<WallTime> Store::replayed_until() {
  const std::lock_guard guard(mutex_);
  WallTime until = WallTime::min();
  auto read = database_.each("SELECT value FROM meta WHERE name = 'replayed_until'",
                             [&](const Row& row) { until = row.time(0); });
  if (!read) return fail(read.error());
  return until;
}

// Lines are read again: what they open is told under other names than the first time.
void Store::begin_epoch() {
  epoch_ = random_epoch();
  (void)database_.run(kPutMeta, "epoch", epoch_);
  (void)database_.run(kPutMeta, "replayed_until", opened_);
}

Result<void> Store::read_last_run() {
  return database_.each("SELECT name, value FROM meta", [&](const Row& row) {
    if (row.text(0) == "last_commit") last_run_.last_commit = row.time(1);
    if (row.text(0) == "run") {
      last_run_.end = row.text(1) == "stopped" ? LastRun::End::clean : LastRun::End::crashed;
    }
  });
}

Result<void> Store::begin_run() {
  if (auto read = read_last_run(); !read) return read;
  mark_running();
  return {};
}

// What cannot be written now is told when the first commit fails.
void Store::mark_running() {
  (void)database_.run(kPutMeta, "run", "running");
}

std::vector<Notice> Store::take_notices() {
  const std::lock_guard guard(mutex_);
  return quarantine_.take_notices();
}

std::uint64_t Store::quarantined() const {
  const std::lock_guard guard(mutex_);
  return quarantine_.taken();
}

bool Store::set_aside(const std::vector<DamagedRow>& rows) {
  return damaged_ == Damaged::set_aside && !rows.empty() && quarantine_.take(rows).has_value();
}

Result<void> Store::commit(const Changes& changes, WallTime now) {
  const std::lock_guard guard(mutex_);
  if (auto settled = settle_in(now); !settled) return settled;
  Transaction transaction(database_);
  for (const FileMark& mark : changes.positions) put_position(transaction, mark, now);
  for (const Window& window : changes.windows) put_window(transaction, window, now);
  put_shelved_until(transaction, changes.windows);
  std::vector<Notice> conflicts;
  std::vector<Enqueued> enqueued;
  for (const Outgoing& outgoing : changes.outgoing) {
    if (!put_alert(transaction, outgoing, now, enqueued)) {
      conflicts.push_back(conflict_notice(outgoing.alert));
    }
  }
  for (const auto& [stream, time] : changes.watermarks) {
    transaction.run(
        "INSERT INTO watermarks VALUES (?, ?) "
        "ON CONFLICT (stream) DO UPDATE SET time = excluded.time",
        stream, time);
  }
  for (const auto& [exception, count] : changes.suppressions) {
    transaction.run(
        "INSERT INTO suppressions VALUES (?, ?) "
        "ON CONFLICT (exception) DO UPDATE SET count = count + excluded.count",
        exception, count);
  }
  for (const ServiceChange& change : changes.services) put_service(transaction, change);
  put_audit_ids(transaction, changes.audit_ids);
  put_services_since(transaction, changes);
  if (!changes.services.empty()) bound_services(transaction);
  const bool is_told = now >= last_commit_ && now - last_commit_ < kLastCommitEvery;
  if (!is_told) transaction.run(kPutMeta, "last_commit", now);
  if (auto done = transaction.commit(); !done) return done;
  if (!is_told) last_commit_ = now;
  for (const Enqueued& each : enqueued) {
    fresh_.add(*each.sink, each.sequence, *each.alert, each.bytes);
  }
  for (Notice& notice : conflicts) quarantine_.report(std::move(notice));
  return {};
}

void Store::put_position(Transaction& transaction, const FileMark& mark, WallTime now) {
  if (mark.finished) {
    transaction.run("DELETE FROM positions WHERE stream = ? AND device = ? AND inode = ?",
                    mark.stream, mark.device, mark.inode);
    return;
  }
  const std::string body = encode(row_key(mark), mark);
  transaction.run(
      "INSERT INTO positions VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (stream, device, inode) "
      "DO UPDATE SET updated = excluded.updated, mark = excluded.mark",
      mark.stream, mark.device, mark.inode, now, Blob{body});
}

void Store::put_window(Transaction& transaction, const Window& window, WallTime now) {
  const Alert& alert = window.alert;
  const std::string body = encode(row_key(window), window);
  transaction.run(
      "INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (alert_id) DO UPDATE SET window_end = excluded.window_end, "
      "closed = excluded.closed, updated = excluded.updated, body = excluded.body",
      alert.id, alert.window_start, alert.window_end, alert.rule_id, Blob{group_key(alert)},
      window.closed, now, Blob{body});
}

void Store::put_shelved_until(Transaction& transaction, std::span<const Window> windows) {
  if (windows.empty()) return;
  const auto latest = std::max_element(
      windows.begin(), windows.end(),
      [](const Window& a, const Window& b) { return a.alert.window_end < b.alert.window_end; });
  transaction.run(
      "INSERT INTO meta VALUES ('shelved_until', ?) ON CONFLICT (name) "
      "DO UPDATE SET value = excluded.value WHERE excluded.value > value",
      latest->alert.window_end);
}

bool Store::put_alert(Transaction& transaction, const Outgoing& outgoing, WallTime now,
                      std::vector<Enqueued>& enqueued) {
  const Alert& alert = outgoing.alert;
  const std::string body = encode(row_key(alert), alert);
  if (const auto number = insert_alert(transaction, alert, body, now)) {
    const QueuedAlert queued{*number, alert.id, alert.revision, body.size()};
    for (const std::string& sink : outgoing.sinks) {
      const auto sequence = enqueue(transaction, sink, queued);
      if (sequence) enqueued.push_back({&sink, &alert, *sequence, body.size()});
    }
    return true;
  }
  if (is_committed(transaction, alert, body)) return true;
  return !put_under_next_number(transaction, outgoing, now);
}

// Its number; nullopt when there is a revision of this name.
std::optional<std::int64_t> Store::insert_alert(Transaction& transaction, const Alert& alert,
                                                const std::string& body, WallTime now) {
  std::optional<std::int64_t> number;
  transaction.each(
      "INSERT INTO alerts (alert_id, revision, epoch, committed, bytes, body) "
      "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING number",
      [&](const Row& row) { number = row.integer(0); }, alert.id, alert.revision, alert.epoch, now,
      body.size(), Blob{body});
  return number;
}

bool Store::is_committed(Transaction& transaction, const Alert& alert, const std::string& body) {
  bool same = false;
  transaction.each(
      "SELECT body FROM alerts WHERE alert_id = ? AND revision = ? AND epoch = ?",
      [&](const Row& row) { same = row.text(0) == body; }, alert.id, alert.revision, alert.epoch);
  return same;
}

// Whoever made it did not know of what is there already. That is no reason to tell nobody of it.
bool Store::put_under_next_number(Transaction& transaction, const Outgoing& outgoing,
                                  WallTime now) {
  Alert alert = outgoing.alert;
  transaction.each(
      "SELECT max(revision) FROM alerts WHERE alert_id = ? AND epoch = ?",
      [&](const Row& row) { alert.revision = static_cast<std::uint32_t>(row.integer(0)); },
      alert.id, alert.epoch);
  if (is_committed(transaction, alert, encode(row_key(alert), alert))) return false;
  ++alert.revision;
  const std::string body = encode(row_key(alert), alert);
  const auto number = insert_alert(transaction, alert, body, now);
  if (!number) return false;  // the transaction has failed, which its end tells
  for (const std::string& sink : outgoing.sinks) {
    fresh_.forget(sink);
    (void)enqueue(transaction, sink, {*number, alert.id, alert.revision, body.size()});
  }
  return true;
}

Result<std::vector<FileMark>> Store::positions() {
  const std::lock_guard guard(mutex_);
  std::vector<FileMark> marks;
  std::vector<DamagedRow> damaged;
  auto read =
      database_.each("SELECT rowid, stream, device, inode, mark FROM positions ORDER BY rowid",
                     [&](const Row& row) {
                       FileMark key;
                       key.stream = std::string(row.text(1));
                       key.device = row.bits(2);
                       key.inode = row.bits(3);
                       Result<FileMark> mark = decode<FileMark>(row_key(key), row.text(4));
                       if (mark) {
                         marks.push_back(std::move(*mark));
                       } else {
                         damaged.push_back({DamagedRow::Table::positions, row.integer(0),
                                            key.stream + ", inode " + std::to_string(key.inode),
                                            mark.error().text, std::string(row.text(4))});
                       }
                     });
  if (!read) return fail(read.error());
  if (!damaged.empty() && damaged_ == Damaged::set_aside) begin_epoch();
  (void)set_aside(damaged);
  return marks;
}

Result<std::vector<std::pair<std::string, WallTime>>> Store::watermarks() {
  const std::lock_guard guard(mutex_);
  std::vector<std::pair<std::string, WallTime>> watermarks;
  auto read = database_.each("SELECT stream, time FROM watermarks", [&](const Row& row) {
    watermarks.emplace_back(row.text(0), row.time(1));
  });
  if (!read) return fail(read.error());
  return watermarks;
}

Result<std::vector<std::pair<std::string, std::uint64_t>>> Store::suppressions() {
  const std::lock_guard guard(mutex_);
  std::vector<std::pair<std::string, std::uint64_t>> suppressions;
  auto read = database_.each("SELECT exception, count FROM suppressions", [&](const Row& row) {
    suppressions.emplace_back(row.text(0), row.bits(1));
  });
  if (!read) return fail(read.error());
  return suppressions;
}

Result<Usage> Store::usage(const std::string& owner) {
  Usage usage;
  auto read = database_.each(
      "SELECT count, bytes FROM usage WHERE owner = ?",
      [&](const Row& row) { usage = {row.bits(0), row.bits(1)}; }, owner);
  if (!read) return fail(read.error());
  return usage;
}

Result<void> Store::mark_stopped(WallTime now) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  transaction.run(kPutMeta, "run", "stopped");
  transaction.run(kPutMeta, "last_commit", now);
  return transaction.commit();
}

}  // namespace nodeportd
