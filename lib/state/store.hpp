#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "model/changes.hpp"
#include "model/delivery.hpp"
#include "model/notice.hpp"
#include "state/checkpointer.hpp"
#include "state/fresh_deliveries.hpp"
#include "state/open_files.hpp"
#include "state/quarantine.hpp"
#include "state/sqlite.hpp"
#include "state/store_options.hpp"

namespace nodeportd {

// How the run before this one ended.
struct LastRun {
  enum class End : std::uint8_t { first_start, clean, crashed };
  End end = End::first_start;
  std::optional<WallTime> last_commit;
};

// A revision that a sink did not get and will not, unless it is resent.
struct DeadLetter {
  std::int64_t number = 0;
  std::string sink;
  Alert alert;
  WallTime when{};
  Settlement::End kind = Settlement::End::dead;  // dead or expired
  std::string why;
};

enum class More : std::uint8_t { none, some };

// What became of dead letters that were to be sent again. Those that are forgotten had nothing to
// add: their alert waits already, in a revision as new or newer.
struct Resent {
  std::size_t queued = 0;
  std::size_t forgotten = 0;
};

// Rows, and the bytes of their alerts.
struct Usage {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// What the state says of itself.
struct StateSurvey {
  struct Outbox {
    Usage waiting;
    // When the longest waiting of the sink's next 100 deliveries was committed.
    std::optional<WallTime> oldest;
  };
  std::map<std::string, Outbox> sinks;
  Usage outbox;                   // as outbox_usage()
  std::uint64_t quarantined = 0;  // as quarantined()
  std::uint64_t open_services = 0;
};

// How far the knowledge of Services reaches.
struct ServiceHistory {
  std::optional<WallTime> since;  // of the first write of a Service that was committed
  std::uint64_t given_up = 0;     // Services that had to make room, over the life of the state
};

// What survives the process: positions, windows, the outbox of every sink, the history of all that
// was said, and what is known of each Service. Safe from any thread; every call is short and holds
// the one connection's lock.
//
// Errors: kind full when the disk or the file's bound is, malformed when the file turns out
// damaged (the next open() sets it aside), io otherwise. After an error nothing of the call has
// happened and the store can be used on. A row whose checksum is wrong is no error: it goes to the
// quarantine, take_notices() tells, and the call goes on without it.
class Store {
 public:
  // The state in `options.directory`, which is created (mode 0700) and locked for this process;
  // kind closed when another process has it. A damaged file is set aside and what can be read of
  // it is saved into a fresh one, never a refusal to start; a newer schema is of kind config.
  // While the disk is full or read-only the state is what can be read of it: every commit() fails
  // until one finds that it can be opened. One that is removed while it is open is written anew by
  // the next commit(), as whole as it was, or that fails.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const StoreOptions& options,
                                                           WallTime now);
  // The same state whether or not a daemon runs on it: for `nodeportd deadletters`. Takes no lock,
  // creates nothing (kind not_found), leaves damaged rows where they are.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_beside(const StoreOptions& options);
  // A private one that is gone with the object: for replay. Its epoch is 16 zeros, so that two
  // replays print the same.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_temporary();

  // 16 hexadecimal digits, random at the birth of the state file, and once more by positions() when
  // some of them are lost. Open windows go on under their own.
  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  [[nodiscard]] const LastRun& last_run() const { return last_run_; }
  // Rules state.damaged, since the last call.
  [[nodiscard]] std::vector<Notice> take_notices();
  [[nodiscard]] std::uint64_t quarantined() const;  // rows, since open()

  // One transaction. A mark that is finished is forgotten; marks that are not named stay. A
  // revision that is in the history already is left as it is and queued for nobody: a committed
  // revision never changes. Other content under its name gets the alert's next free number, and is
  // a notice. Services beyond max_services, or a quarter of max_size, are forgotten: the longest
  // unchanged of those that are closed, then of those that are open. Of auditIDs the last 100,000
  // stay.
  [[nodiscard]] Result<void> commit(const Changes& changes, WallTime now);

  [[nodiscard]] Result<std::vector<FileMark>> positions();
  // What happened before may be read, and told, a second time: a damage was met then, or the state
  // of a newer version was set aside. Long ago if there was none.
  [[nodiscard]] Result<WallTime> replayed_until();
  [[nodiscard]] Result<std::vector<std::pair<std::string, WallTime>>> watermarks();
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::uint64_t>>> suppressions();

  // Windows that are not closed, those that end first first.
  [[nodiscard]] Result<std::vector<Window>> open_windows(std::size_t max);
  // The window of an alert; if it was pruned, what the last revision in the history says of it
  // (closed, `seen` empty), so that its revisions go on from there.
  [[nodiscard]] Result<std::optional<Window>> find_window(const std::string& alert_id);
  // The latest end of any window that was ever committed.
  [[nodiscard]] Result<std::optional<WallTime>> shelved_until();
  // Ordered by (window start, rule id, group bytes): the group's values in order, each with its
  // length before it, a null before every value. `visit` must not call the store.
  [[nodiscard]] Result<void> for_each_window(const std::function<void(const Window&)>& visit);

  // nullopt when nothing is known of it; a damaged record counts as none.
  [[nodiscard]] Result<std::optional<KnownService>> find_service(std::string_view cluster,
                                                                 std::string_view ns,
                                                                 std::string_view name);
  // Ordered by cluster, namespace and name, open or not; how many records are damaged and so were
  // passed over. `visit` must not call the store.
  [[nodiscard]] Result<std::size_t> for_each_service(
      const std::function<void(const KnownService&)>& visit);
  [[nodiscard]] Result<ServiceHistory> service_history();
  // The latest kAuditIdsMax uses at most, in the order of their sequence.
  [[nodiscard]] Result<std::vector<AuditIdUse>> audit_ids();
  [[nodiscard]] Result<std::uint64_t> last_audit_sequence();  // 0 before the first

  // The sink's oldest deliveries, in order, behind sequence `after`: at most `rows_max` and about
  // `bytes_max`, but one at least if any waits. A newer revision takes the place of an older one in
  // the order. What was committed a moment ago is not read back (FreshDeliveries); a call that
  // finds nothing of that reads the file, and so sees what `nodeportd deadletters` put back.
  [[nodiscard]] Result<std::vector<Delivery>> pending(const std::string& sink, std::size_t rows_max,
                                                      std::size_t bytes_max,
                                                      std::int64_t after = 0);
  // One transaction: takes the settled revisions out (one that was replaced meanwhile is passed
  // over, its successor stays), keeps the dead and the expired as dead letters, and the mark.
  [[nodiscard]] Result<void> settle(const std::string& sink,
                                    std::span<const Settlement> settlements,
                                    const std::string& mark, WallTime now);
  // One transaction: queues those of the revisions that are in the history; for each whether it is.
  [[nodiscard]] Result<std::vector<bool>> adopt(const std::string& sink,
                                                std::span<const Alert> alerts);
  [[nodiscard]] Result<std::string> sink_mark(const std::string& sink);
  [[nodiscard]] Result<Usage> pending_usage(const std::string& sink);
  // Of all sinks together, an alert that waits for several counted once: what max_size bounds.
  [[nodiscard]] Result<Usage> outbox_usage();
  // Sinks for which something waits, those that no config names any more included.
  [[nodiscard]] Result<std::vector<std::string>> waiting_sinks();
  // Makes the sink's oldest deliveries, of `bytes_to_free` bytes together, dead letters that have
  // expired; how many. At most 1000 a call.
  [[nodiscard]] Result<std::size_t> expire(const std::string& sink, std::uint64_t bytes_to_free,
                                           WallTime now);
  // 1, 2, 3 … per sink, over restarts.
  [[nodiscard]] Result<std::uint32_t> next_beat(const std::string& sink);

  // In order of their numbers, from the first after `after`.
  [[nodiscard]] Result<std::vector<DeadLetter>> dead_letters(std::int64_t after, std::size_t max);
  // Puts dead letters back into the outbox as they are: of one sink or of all, one number or all.
  [[nodiscard]] Result<Resent> resend(const std::optional<std::string>& sink,
                                      std::optional<std::int64_t> number);

  // Of what was committed since then the newest `max` alerts, among the newest 10,000 revisions:
  // of each its newest revision, the newest first, and whether there are more. An alert may be
  // megabytes, so they come one at a time. Damaged ones are passed over and stay. Lets commits in
  // between, and does not wait for one that stands.
  [[nodiscard]] Result<More> for_each_recent_alert(
      WallTime since, std::size_t max,
      const std::function<void(const Alert&, WallTime committed)>& visit);
  // The same for figures: of kind io when a write stands for half a second, as on a frozen disk.
  [[nodiscard]] Result<StateSurvey> survey(std::span<const std::string> sinks);

  // Forgets, at most 1000 rows of a kind a call: history older than its retention or beyond
  // max_size, with its dead letters, unless some sink still waits for it; closed windows later
  // than `lateness` and a day after their end and their last change, or beyond a quarter of
  // max_size; positions of files not read for the retention, but for each stream's latest.
  // Gives space back to the disk. True when there is more to do.
  [[nodiscard]] Result<bool> prune(WallTime now, std::chrono::milliseconds lateness);

  // The run ends cleanly: the last call.
  [[nodiscard]] Result<void> mark_stopped(WallTime now);

 private:
  enum class Damaged : std::uint8_t { set_aside, left_alone };
  enum class Crowded : std::uint8_t { no, yes };
  // A row of the history on its way into an outbox.
  struct QueuedAlert {
    std::int64_t number = 0;  // in the order of commits
    std::string id;
    std::uint32_t revision = 0;
    std::uint64_t bytes = 0;
  };
  // What a commit has put into an outbox.
  struct Enqueued {
    const std::string* sink = nullptr;
    const Alert* alert = nullptr;
    std::int64_t sequence = 0;
    std::size_t bytes = 0;
  };
  Store(Database database, StoreOptions options, Damaged damaged);
  [[nodiscard]] Result<void> read_epoch();
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_without_writing(
      const StoreOptions& options, Fd lock, const Error& why);
  [[nodiscard]] Result<void> read_last_run();
  [[nodiscard]] Result<void> begin_run();
  void mark_running();
  void begin_epoch();

  // What commit() does about a state that could not be opened, or that was removed since.
  [[nodiscard]] Result<void> settle_in(WallTime now);
  [[nodiscard]] Result<void> leave_stand_in(WallTime now);
  [[nodiscard]] Result<void> move_to(const std::string& epoch, WallTime now);
  [[nodiscard]] Result<void> write_anew(WallTime now);
  [[nodiscard]] Result<void> start_checkpoints();

  void put_position(Transaction& transaction, const FileMark& mark, WallTime now);
  void put_window(Transaction& transaction, const Window& window, WallTime now);
  void put_shelved_until(Transaction& transaction, std::span<const Window> windows);
  // False when the history holds other content under the revision's name.
  [[nodiscard]] bool put_alert(Transaction& transaction, const Outgoing& outgoing, WallTime now,
                               std::vector<Enqueued>& enqueued);
  [[nodiscard]] static std::optional<std::int64_t> insert_alert(Transaction& transaction,
                                                                const Alert& alert,
                                                                const std::string& body,
                                                                WallTime now);
  [[nodiscard]] static bool is_committed(Transaction& transaction, const Alert& alert,
                                         const std::string& body);
  // False when that one is there already.
  [[nodiscard]] bool put_under_next_number(Transaction& transaction, const Outgoing& outgoing,
                                           WallTime now);

  void put_service(Transaction& transaction, const ServiceChange& change);
  void put_audit_ids(Transaction& transaction, std::span<const AuditIdUse> uses);
  void merge_audit_id_runs(std::span<const AuditIdUse> uses);
  void put_services_since(Transaction& transaction, const Changes& changes);
  void bound_services(Transaction& transaction) const;

  // Its place; nullopt when a revision that was committed later waits already.
  std::optional<std::int64_t> enqueue(Transaction& transaction, const std::string& sink,
                                      const QueuedAlert& alert);
  [[nodiscard]] Result<Resent> resend_some(const std::string& sink,
                                           std::optional<std::int64_t> number);

  // True when the rows are out of the way, so that reading again gives something else.
  [[nodiscard]] bool set_aside(const std::vector<DamagedRow>& rows);
  [[nodiscard]] Result<std::optional<Window>> last_told(const std::string& alert_id);
  [[nodiscard]] Result<Usage> usage(const std::string& owner);
  [[nodiscard]] Result<std::optional<WallTime>> oldest_pending(const std::string& sink);

  // Each of these returns true when there is more to do.
  [[nodiscard]] bool prune_windows(Transaction& transaction, WallTime before, Crowded crowded);
  [[nodiscard]] bool prune_history(Transaction& transaction, WallTime before, std::uint64_t excess);
  [[nodiscard]] Result<bool> give_space_back();

  // Constant after open, but for the epoch.
  StoreOptions options_;
  WallTime opened_{};
  std::string epoch_;
  LastRun last_run_;
  mutable std::timed_mutex mutex_;  // guards what follows
  Damaged damaged_;
  bool is_stand_in_ = false;  // see open_stand_in()
  Fd lock_;
  OpenFiles files_;
  Database database_;
  Quarantine quarantine_;
  FreshDeliveries fresh_;
  std::unique_ptr<Checkpointer> checkpointer_;  // after the database that it watches
  WallTime last_commit_{};                      // as the file has it
  std::int64_t swept_ = 0;  // up to this number prune() has looked at the history in this round
};

}  // namespace nodeportd
