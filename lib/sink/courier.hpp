#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/histogram.hpp"
#include "base/log.hpp"
#include "base/pulse.hpp"
#include "base/waker.hpp"
#include "model/notice.hpp"
#include "sink/outbox.hpp"
#include "sink/retry.hpp"
#include "sink/sink.hpp"

namespace nodeportd {

struct CourierOptions {
  std::size_t batch_rows = 1'000;       // alerts per call of the sink
  std::size_t batch_bytes = 1'048'576;  // of their text, about
  std::size_t undurable_max = 100'000;  // kept in memory while the state is unwritable; above 0
  std::size_t unsettled_max = 10'000;   // delivered meanwhile of what the outbox holds
  RetryPolicy retry;
  std::chrono::milliseconds notice_interval{60'000};  // between notices of dead letters
  // A call of the sink that takes longer is stuck.
  std::chrono::milliseconds attempt_max{60'000};
};

// A copy of a courier's figures, for metrics and `nodeportd status`.
struct CourierStatus {
  std::string sink;
  bool alive = true;  // false from a failed attempt to the next that succeeds
  std::uint64_t delivered = 0;
  std::uint64_t retries = 0;            // failed attempts, of the sink or of its outbox
  std::uint64_t put_off = 0;            // alerts that a failed attempt left for the next
  std::uint64_t refused = 0;            // dead letters
  std::uint64_t undurable_waiting = 0;  // those that are just being delivered among them
  std::uint64_t undurable_dropped = 0;
  std::string last_error;  // of the last failed attempt, however long ago
  std::optional<WallTime> last_error_at;
  std::string trouble;  // what is wrong now although alerts are delivered
  std::optional<WallTime> last_delivery;
  // From the time of the event behind an alert's first revision to its delivery.
  DurationHistogram::Figures latency;
};

// Carries one sink's alerts from the outbox to the sink, on a thread of its own: a dead sink
// delays no other. Oldest first; nothing leaves the outbox before the sink has it; what fails is
// tried again for ever, ever more rarely.
class Courier {
 public:
  // `on_notice` is called on the courier's thread. `outbox` and `clock` outlive the courier.
  Courier(std::string name, std::unique_ptr<Sink> sink, Outbox& outbox, CourierOptions options,
          const Clock& clock, std::function<void(Notice)> on_notice);

  // The courier's thread: carries until `stop` is requested, then as drain_until() says.
  void run(const std::stop_token& stop);

  // One turn: at most one batch. Returns when the next one is due (in the past: at once; nullopt:
  // when woken). run() calls it; tests do in its place.
  [[nodiscard]] std::optional<MonoTime> step(MonoTime now);

  // Any thread, all of these.

  // To be woken after each commit that puts something into the outbox.
  [[nodiscard]] Waker& waker() { return waker_; }
  // An alert whose state could not be written: delivered once, settled nowhere, unless the state
  // comes back before the sink does. At the bound the oldest is dropped and counted.
  void offer_undurable(Alert alert);
  // The state is about to be written, with what waits here: keeps it from going anywhere until
  // release_undurable(), and names it by its idempotency keys; what is on its way to the sink too.
  [[nodiscard]] std::vector<std::string> hold_undurable();
  // Those stand in the outbox now, the others go on waiting here.
  void release_undurable(const std::set<std::string>& taken_over);
  // Drops the undurable alerts that wait if the sink takes none, and counts them; how many.
  std::size_t give_up_undurable();
  // Before the next turn the sink opens its receiver's side anew.
  void request_reopen();
  // Once stopped, go on until nothing waits, something fails or this time has come. Without it
  // run() returns after the turn in which the stop finds it.
  void drain_until(MonoTime deadline);
  // After the stop, when time is up: a delivery in progress returns soon and run() with it. What
  // was not settled stays in the outbox.
  void abandon();
  [[nodiscard]] CourierStatus status() const;
  // Answers at each turn of run().
  [[nodiscard]] Pulse& pulse() { return pulse_; }

 private:
  [[nodiscard]] bool start(MonoTime now);
  [[nodiscard]] bool ready_sink(MonoTime now);
  void carry_undurable(MonoTime now);
  [[nodiscard]] std::vector<Alert> take_undurable(std::size_t most);
  void put_back(Alert alert);  // under the mutex
  void hand_over_undurable();
  [[nodiscard]] static Settlement settlement_of(const Alert& alert, const Outcome& outcome);
  void carry_pending(MonoTime now);
  [[nodiscard]] bool settle(MonoTime now);
  [[nodiscard]] bool may_go_on_unsettled() const;
  [[nodiscard]] Result<std::vector<Alert>> next_alerts();
  [[nodiscard]] std::vector<Outcome> attempt(const std::vector<Alert>& alerts, MonoTime now);
  void revive_sink();
  void note_delivery(const Alert& alert);
  void note_refusal(const Alert& alert, const std::string& why, MonoTime now);
  void fail(Backoff& side, MonoTime now, const std::string& why,
            std::optional<std::chrono::milliseconds> retry_after = {});
  [[nodiscard]] std::optional<MonoTime> next_turn(MonoTime now);
  [[nodiscard]] bool goes_on_draining() const;

  const std::string name_;
  const std::unique_ptr<Sink> sink_;
  Outbox& outbox_;
  const CourierOptions options_;
  const Clock& clock_;
  const std::function<void(Notice)> on_notice_;

  // The courier's thread alone. Sink and outbox fail each on its own: while the state is broken,
  // undurable alerts go out all the same.
  Backoff sink_side_;
  Backoff outbox_side_;
  bool is_started_ = false;
  bool is_unready_ = false;            // the last failure was before anything was sent
  bool has_more_ = false;              // the last turn found work, so there may be more
  std::string kept_mark_;              // what the outbox holds
  std::vector<Settlement> unsettled_;  // done, and not yet taken out of the outbox
  std::int64_t passed_ = 0;            // up to this sequence the outbox held nothing else
  std::minstd_rand random_{std::random_device{}()};
  RateLimit notice_rate_;

  Pulse pulse_;
  DurationHistogram latency_;

  Waker waker_;
  std::atomic<bool> reopen_requested_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<MonoTime::rep> drain_deadline_{MonoTime::min().time_since_epoch().count()};

  std::condition_variable released_;
  mutable std::mutex mutex_;  // guards what follows
  std::deque<Alert> undurable_;
  std::vector<std::string> carried_;  // keys of those that left the queue and may come back
  std::set<std::string> taken_over_;  // those of them that the outbox has by now
  bool is_held_ = false;
  CourierStatus status_;
};

}  // namespace nodeportd
