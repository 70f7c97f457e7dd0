#include "daemon/engine/ledger.hpp"

#include <algorithm>
#include <limits>

namespace nodeportd {
namespace {

using std::chrono::milliseconds;

// At most one transaction in this while, unless a line that has just been written gives an alert.
constexpr milliseconds kCommitEvery{50};
// In a log that is being caught up on each Service is written many times a second, and the next
// batch brings it again.
constexpr milliseconds kCommitEveryBehind{200};
// Positions alone are no hurry: a crash reads those lines once more, and they match nothing.
constexpr milliseconds kPositionsEvery{1'000};
// Batches taken between two looks at the clock, so that a burst shares a transaction and a long
// backlog still commits.
constexpr int kBatchesPerTurn = 16;
// A flood of keys makes two alerts of some 5 KB out of each line: so many share a transaction.
constexpr std::size_t kNewsPerCommit = 1'000;
constexpr std::size_t kPostedMax = 1'000;

}  // namespace

Ledger::Ledger(Parts parts)
    : parts_(std::move(parts)),
      review_(*parts_.edition->rules, parts_.origin.cluster, *this),
      aggregator_(parts_.origin, parts_.aggregate, parts_.edition->rules->catalog(),
                  parts_.edition->exceptions, *this),
      heartbeat_(std::exchange(parts_.beats, {}), parts_.clock.mono()),
      last_commit_(parts_.clock.mono()),
      is_state_used_(parts_.time == Time::live),
      silenced_(std::exchange(parts_.silenced, {})) {
  // What waits is to fit into the state once there is room.
  parts_.backlog_max = std::min(parts_.backlog_max, parts_.outbox_max);
}

Result<void> Ledger::restore(const std::vector<std::string>& streams) {
  Result<std::vector<Window>> open =
      parts_.store.open_windows(std::numeric_limits<std::int64_t>::max());
  if (!open) return fail(open.error());
  auto watermarks = parts_.store.watermarks();
  if (!watermarks) return fail(watermarks.error());
  const auto shelved_until = parts_.store.shelved_until();
  if (!shelved_until) return fail(shelved_until.error());
  const auto sequence = parts_.store.last_audit_sequence();
  if (!sequence) return fail(sequence.error());
  const auto replayed_until = parts_.store.replayed_until();
  if (!replayed_until) return fail(replayed_until.error());
  replayed_until_ = *replayed_until;
  review_.history().restore(*sequence);
  std::erase_if(*watermarks, [&](const auto& each) {
    return std::find(streams.begin(), streams.end(), each.first) == streams.end();
  });
  aggregator_.restore(std::move(*open), *watermarks, *shelved_until);
  return {};
}

std::optional<Window> Ledger::find(const std::string& alert_id) {
  if (const Window* window = backlog_.find_window(alert_id)) return *window;
  if (!is_state_used_) return std::nullopt;
  auto window = parts_.store.find_window(alert_id);
  return window ? std::move(*window) : std::nullopt;
}

// What cannot be read is unknown, so that an opening is told once more rather than not at all.
std::optional<KnownService> Ledger::find_service(const std::string& cluster, const std::string& ns,
                                                 const std::string& name) {
  if (const ServiceChange* change = backlog_.find_service(cluster, ns, name)) {
    if (change->kind != ServiceChange::Kind::known) return std::nullopt;
    return change->service;
  }
  if (!is_state_used_) return std::nullopt;
  auto found = parts_.store.find_service(cluster, ns, name);
  return found ? std::move(*found) : std::nullopt;
}

std::vector<AuditIdUse> Ledger::audit_ids() {
  if (!is_state_used_) return {};
  auto uses = parts_.store.audit_ids();
  return uses ? std::move(*uses) : std::vector<AuditIdUse>();
}

std::optional<WallTime> Ledger::wall() const {
  if (parts_.time == Time::replayed) return std::nullopt;
  return parts_.clock.wall();
}

void Ledger::run(const std::stop_token& stop, const std::function<std::uint64_t()>& dealt) {
  const std::stop_callback wake(stop, [this] { parts_.waker.wake(); });
  for (;;) {
    pulse_.answer();
    const bool is_last = stop.stop_requested();
    const MonoTime now = parts_.clock.mono();
    const bool busy = take_batches(now);
    take_notices(now);
    aggregator_.advance(wall(), now);
    if (is_due(now) || (is_last && !busy)) commit(now);
    if (!busy || retry_commit_) prune(now);
    publish_status();
    if (busy || (is_last && aggregator_.has_news())) continue;
    if (is_last && (booked_ == dealt() || status().paused)) break;
    sleep_until(next_deadline(now), stop, dealt);
  }
  gather();
  if (is_state_used_) write_at_last();
  publish_status();
}

// It does not wait for the next attempt's turn.
void Ledger::write_at_last() {
  write(std::max(parts_.clock.mono(), retry_commit_.value_or(MonoTime::min())));
}

void Ledger::close() {
  for (const Notice& notice : parts_.store.take_notices()) tell(notice);
  take_posted();
  write_at_last();
}

bool Ledger::take_batches(MonoTime now) {
  if (!make_room(now)) return false;
  for (int i = 0; i < kBatchesPerTurn && aggregator_.news() < kNewsPerCommit; ++i) {
    Batch* batch = parts_.lanes.try_collect();
    if (batch == nullptr) return i > 0;
    if (batch->edition != parts_.edition) adopt(batch->edition);
    review_.settle(*batch);
    aggregator_.add(*batch, wall(), now);
    // In a log that is being caught up on an alert is old already: it waits for the next turn.
    if (batch->at_end && aggregator_.has_news()) alert_waits_ = true;
    if (batch->at_end) {
      behind_.erase(batch->stream);
    } else {
      behind_.insert(batch->stream);
    }
    backlog_.add(batch->end);
    for (const Notice& notice : batch->notices) tell(notice);
    ++booked_;
    parts_.pool.give_back(batch);
  }
  return true;
}

void Ledger::adopt(std::shared_ptr<const Edition> edition) {
  review_.use(*edition->rules);
  aggregator_.use(edition->rules->catalog(), edition->exceptions);
  parts_.edition = std::move(edition);
}

void Ledger::take_notices(MonoTime now) {
  for (const Notice& notice : aggregator_.take_notices()) tell(notice);
  for (const Notice& notice : parts_.store.take_notices()) tell(notice);
  take_posted();
  for (const std::string& sink : heartbeat_.take_due(now)) beat(sink);
}

void Ledger::take_posted() {
  std::vector<Notice> posted;
  std::map<std::string, std::uint64_t> not_posted;
  {
    const std::lock_guard lock(mutex_);
    posted.swap(posted_);
    not_posted.swap(not_posted_);
  }
  for (const Notice& notice : posted) tell(notice);
  for (const auto& [rule, count] : not_posted) {
    const std::string number = std::to_string(count);
    tell({rule,
          number + " more of this kind came at once, and are not told one by one",
          {{"not_told", number}}});
  }
}

void Ledger::tell(const Notice& notice) {
  if (parts_.time == Time::replayed) return;
  parts_.log.write(notice.rule.starts_with("daemon.") || notice.rule == "source.history_skipped"
                       ? LogLevel::info
                       : LogLevel::warning,
                   notice.rule + ": " + notice.text);
  tally_.count(notice);
  if (is_silenced(notice.rule)) return;
  Alert alert = notice_alert(parts_.origin, notice, parts_.clock.wall());
  std::vector<std::string> sinks = parts_.outlets.route(alert);
  book({std::move(alert), std::move(sinks)});
}

void Ledger::book(Outgoing outgoing) {
  tally_.count(outgoing.alert);
  backlog_.add(std::move(outgoing));
}

void Ledger::beat(const std::string& sink) {
  const auto number = parts_.store.next_beat(sink);
  if (!number) return;  // the state cannot be written, which is being told already
  Notice notice{"heartbeat", "nodeportd is alive: beat " + std::to_string(*number),
                parts_.beat_facts()};
  notice.facts.emplace_back("beat", std::to_string(*number));
  notice.facts.emplace_back("every_batch_booked", std::to_string(booked_));
  book({heartbeat_alert(parts_.origin, sink, *number, notice, parts_.clock.wall()), {sink}});
}

bool Ledger::is_due(MonoTime now) const {
  const auto since = now - last_commit_;
  if (aggregator_.news() >= kNewsPerCommit) return true;
  if (parts_.time == Time::replayed) return since >= kCommitEvery;
  if (backlog_.has_alerts() || alert_waits_) return true;
  const bool has_figures =
      aggregator_.has_changes() || review_.history().has_changes() || backlog_.has_figures();
  if (has_figures) return since >= patience();
  return !backlog_.empty() && since >= kPositionsEvery;
}

milliseconds Ledger::patience() const {
  return behind_.empty() ? kCommitEvery : kCommitEveryBehind;
}

void Ledger::gather() {
  Changes changes = aggregator_.take_changes();
  review_.history().take_changes(changes);
  if (parts_.time == Time::replayed) {
    changes.outgoing.clear();
    changes.audit_ids.clear();  // the history has them itself
  }
  for (Outgoing& outgoing : changes.outgoing) {
    outgoing.alert.replayed = outgoing.alert.first_time < replayed_until_;
    outgoing.sinks = parts_.outlets.route(outgoing.alert);
    tally_.count(outgoing.alert);
  }
  tally_.count_suppressed(changes.suppressions);
  backlog_.add(std::move(changes));
  alert_waits_ = aggregator_.has_news() && alert_waits_;
}

void Ledger::commit(MonoTime now) {
  gather();
  if (parts_.time == Time::replayed && !backlog_.is_crowded()) {
    last_commit_ = now;
    return;
  }
  write(now);
}

std::optional<MonoTime> Ledger::next_deadline(MonoTime now) const {
  std::optional<MonoTime> next;
  if (!aggregator_.has_news()) next = aggregator_.next_deadline(wall(), now);
  const auto sooner = [&next](std::optional<MonoTime> at) {
    if (at) next = next ? std::min(*next, *at) : *at;
  };
  sooner(heartbeat_.next());
  if (parts_.time == Time::live) sooner(next_prune_);
  sooner(retry_commit_);
  if (aggregator_.has_changes() || review_.history().has_changes())
    sooner(last_commit_ + patience());
  if (!backlog_.empty() && !retry_commit_) sooner(last_commit_ + kPositionsEvery);
  if (status().paused) sooner(now + kRetryEvery);
  // For a backlog's batches nobody wakes us in time (queue/lanes.hpp).
  if (!behind_.empty()) sooner(now + kCommitEvery);
  return next;
}

void Ledger::sleep_until(std::optional<MonoTime> deadline, const std::stop_token& stop,
                         const std::function<std::uint64_t()>& dealt) {
  std::optional<milliseconds> patience;
  if (deadline) {
    // Rounded up: a sleep that ends a little early would only look at the clock and sleep again.
    patience = std::chrono::ceil<milliseconds>(*deadline - parts_.clock.mono());
  }
  parts_.waker.prepare();
  pulse_.answer();
  const bool has_batches = parts_.lanes.is_next_ready() && !status().paused;
  const bool has_posts = [this] {
    const std::lock_guard lock(mutex_);
    return !posted_.empty();
  }();
  const bool is_done = stop.stop_requested() && booked_ == dealt();
  if (has_batches || has_posts || is_done) {
    parts_.waker.cancel();
    return;
  }
  parts_.waker.sleep(patience);
}

Result<void> Ledger::for_each_window(const std::function<void(const Window&)>& visit) const {
  if (is_state_used_) return parts_.store.for_each_window(visit);
  backlog_.for_each_window(visit);
  return {};
}

void Ledger::post(Notice notice) {
  {
    const std::lock_guard lock(mutex_);
    // The thread is stuck: what it lacks is not notices.
    if (posted_.size() == kPostedMax) {
      ++not_posted_[notice.rule];
      return;
    }
    posted_.push_back(std::move(notice));
  }
  parts_.waker.wake();
}

void Ledger::silence(std::vector<std::string> notices) {
  const std::lock_guard lock(mutex_);
  silenced_ = std::move(notices);
}

bool Ledger::is_silenced(const std::string& rule) const {
  const std::lock_guard lock(mutex_);
  return std::find(silenced_.begin(), silenced_.end(), rule) != silenced_.end();
}

void Ledger::publish_status() {
  const auto watermark = aggregator_.watermark(parts_.clock.mono());
  const std::lock_guard lock(mutex_);
  status_.batches = booked_;
  status_.open_windows = aggregator_.open_windows();
  status_.watermark = watermark;
}

LedgerStatus Ledger::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace nodeportd
