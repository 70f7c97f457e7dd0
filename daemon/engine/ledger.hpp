#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "aggregate/aggregator.hpp"
#include "aggregate/notice_alert.hpp"
#include "base/log.hpp"
#include "base/pulse.hpp"
#include "base/waker.hpp"
#include "daemon/engine/backlog.hpp"
#include "daemon/engine/edition.hpp"
#include "daemon/engine/heartbeat.hpp"
#include "daemon/engine/ledger_tally.hpp"
#include "daemon/engine/outlets.hpp"
#include "daemon/engine/review.hpp"
#include "daemon/engine/steady_wall.hpp"
#include "daemon/engine/worker.hpp"
#include "model/batch.hpp"
#include "queue/batch_pool.hpp"
#include "queue/lanes.hpp"
#include "state/store.hpp"

namespace nodeportd {

// A copy of the ledger's figures, for `nodeportd status` and heartbeats.
struct LedgerStatus {
  std::uint64_t batches = 0;
  std::uint64_t revisions = 0;
  std::uint64_t commits = 0;
  std::uint64_t failed_commits = 0;
  std::uint64_t suppressed = 0;
  std::size_t open_windows = 0;
  std::optional<WallTime> watermark;
  bool durable = true;                    // false while the state cannot be written
  std::optional<MonoTime> writing_since;  // a transaction that goes on now
  bool paused = false;                    // reading waits: what it would find has no place
};

// The thread that books what was found: takes batches in file order, aggregates, and makes
// positions, windows and alerts durable in one transaction before any sink hears of them.
// Everything that becomes an alert passes here, the daemon's own notices too.
class Ledger final : private WindowShelf, private ExposureShelf {
 public:
  // Whether the wall clock has a say in windows: never in a replay, which gives the same bytes
  // every time. Nothing of a replay is to survive, nor is anybody told of it before its end: it
  // uses the state only for what memory does not hold.
  enum class Time : std::uint8_t { live, replayed };
  static constexpr std::uint64_t kBacklogMax = std::uint64_t{16} << 20U;

  struct Parts {
    Origin origin;
    AggregateOptions aggregate;
    std::shared_ptr<const Edition> edition;  // that windows of an earlier run are read by
    std::vector<std::string> silenced;       // as silence()
    Time time = Time::live;
    Store& store;
    Outlets& outlets;
    std::uint64_t outbox_max = 0;  // bytes
    // Of what waits in memory while the state cannot be written, about; each sink that takes
    // nothing meanwhile holds as much again at most.
    std::uint64_t backlog_max = kBacklogMax;  // at most outbox_max
    BatchPool& pool;
    Lanes& lanes;
    Waker& waker;  // the collector's, which the lanes were built with
    const Clock& clock;
    Log log;
    std::vector<Beat> beats;
    std::function<std::vector<std::pair<std::string, std::string>>()> beat_facts;
  };
  explicit Ledger(Parts parts);

  // Takes up the open windows and watermarks that an earlier run left. Watermarks of streams that
  // are not among `streams` are forgotten: they would hold every window open for ever.
  [[nodiscard]] Result<void> restore(const std::vector<std::string>& streams);

  // The thread's body. After `stop` is requested it goes on until `dealt` says that every batch
  // that was handed on is booked, commits, and returns.
  void run(const std::stop_token& stop, const std::function<std::uint64_t()>& dealt);

  // After run(), of a replay: the figures of every window, ordered as Store::for_each_window().
  [[nodiscard]] Result<void> for_each_window(const std::function<void(const Window&)>& visit) const;

  // Any thread: a fact to be told as an alert.
  void post(Notice notice);
  // After run(), when whoever posts has ended: makes durable what was posted since, to be told
  // after the next start.
  void close();
  // Any thread: notices that are logged and not alerted from now on, and no others.
  void silence(std::vector<std::string> notices);
  [[nodiscard]] LedgerStatus status() const;
  [[nodiscard]] LedgerTally::Figures figures() const { return tally_.figures(); }
  // Answers at each turn.
  [[nodiscard]] Pulse& pulse() { return pulse_; }

 private:
  // While the state cannot be written, it is tried this often.
  static constexpr std::chrono::milliseconds kRetryEvery{1'000};

  // Closed windows lie in the state, or here while it cannot be written.
  [[nodiscard]] std::optional<Window> find(const std::string& alert_id) override;
  // The same for what is known of Services and auditIDs.
  [[nodiscard]] std::optional<KnownService> find_service(const std::string& cluster,
                                                         const std::string& ns,
                                                         const std::string& name) override;
  [[nodiscard]] std::vector<AuditIdUse> audit_ids() override;
  [[nodiscard]] std::optional<WallTime> wall() const;
  bool take_batches(MonoTime now);
  void adopt(std::shared_ptr<const Edition> edition);
  void take_notices(MonoTime now);
  void take_posted();
  void tell(const Notice& notice);
  [[nodiscard]] bool is_silenced(const std::string& rule) const;
  void beat(const std::string& sink);
  // Whether there is place for what would be found; else reading has to wait.
  bool make_room(MonoTime now);
  // Keeps the outbox within its bound. False: it is full, and no sink takes alerts.
  bool make_room_in_outbox();
  // The same of memory while the state cannot be written. False: it is full.
  bool make_room_in_memory();
  // `why` reading waits; empty: it does not.
  void note_pause(const std::string& why, MonoTime now);
  [[nodiscard]] std::optional<std::string> expirable_sink();
  void expire(const std::string& sink);
  void prune(MonoTime now);
  [[nodiscard]] bool is_due(MonoTime now) const;
  // How long figures may wait for a transaction.
  [[nodiscard]] std::chrono::milliseconds patience() const;
  void gather();
  void book(Outgoing outgoing);
  void commit(MonoTime now);
  void write(MonoTime now);
  [[nodiscard]] Result<void> write_backlog();
  [[nodiscard]] Result<void> write_with_undurable();
  void write_at_last();
  void settle_failure(const Error& error, MonoTime now);
  [[nodiscard]] std::optional<MonoTime> next_deadline(MonoTime now) const;
  void sleep_until(std::optional<MonoTime> deadline, const std::stop_token& stop,
                   const std::function<std::uint64_t()>& dealt);
  void publish_status();
  void publish_writing(std::optional<MonoTime> since);

  Parts parts_;
  Review review_;
  Aggregator aggregator_;
  Backlog backlog_;  // what waits for the next commit
  LedgerTally tally_;
  Pulse pulse_;
  Heartbeat heartbeat_;
  RateLimit failure_log_{std::chrono::seconds(10)};
  std::uint64_t booked_ = 0;
  std::set<std::uint32_t> behind_;  // streams of which more is to come at once
  bool check_room_ = true;
  std::optional<MonoTime> paused_since_;
  bool is_pause_told_ = false;
  bool alert_waits_ = false;  // of a line that has just been written
  WallTime replayed_until_ = WallTime::min();
  MonoTime next_prune_{};
  SteadyWall steady_wall_;  // that the past is forgotten by
  MonoTime last_commit_{};
  std::optional<MonoTime> retry_commit_;
  bool is_state_used_;  // false in a replay, until memory is full

  mutable std::mutex mutex_;                         // guards what follows
  std::vector<Notice> posted_;                       // at most kPostedMax
  std::map<std::string, std::uint64_t> not_posted_;  // beyond them, by rule
  std::vector<std::string> silenced_;
  LedgerStatus status_;
};

}  // namespace nodeportd
