#include "sink/courier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "model/rule.hpp"

namespace nodeportd {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kWhyBytesMax = 512;  // a receiver's error page is not ours to keep
constexpr milliseconds kSleepMax{3'600'000};

// A recovered idempotency key, `alert_id.epoch.revision`, as what settles it. The epoch is the
// outbox's own: it and the mark that led to the key live and die together.
std::optional<Settlement> to_settlement(std::string_view key) {
  const std::size_t id_end = key.find('.');
  const std::size_t epoch_end = key.rfind('.');
  if (id_end == std::string_view::npos) return std::nullopt;
  Settlement settlement;
  settlement.alert_id = key.substr(0, id_end);
  const std::string_view digits = key.substr(epoch_end + 1);
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), settlement.revision);
  if (error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
  return settlement;
}

bool is_dead_letter_notice(const Alert& alert) {
  const Rule* rule = builtin::find("sink.dead_letter");
  return rule != nullptr && alert.rule_id == rule->id;
}

// In whole milliseconds, rounded up: a sleep that ends early would turn into a busy loop.
milliseconds time_until(MonoTime then, MonoTime now) {
  const auto rest = std::chrono::ceil<milliseconds>(then - now);
  return std::clamp(rest, milliseconds{0}, kSleepMax);
}

}  // namespace

Courier::Courier(std::string name, std::unique_ptr<Sink> sink, Outbox& outbox,
                 CourierOptions options, const Clock& clock, std::function<void(Notice)> on_notice)
    : name_(std::move(name)),
      sink_(std::move(sink)),
      outbox_(outbox),
      options_(options),
      clock_(clock),
      on_notice_(std::move(on_notice)),
      sink_side_(options.retry),
      outbox_side_(options.retry),
      notice_rate_(options.notice_interval) {
  status_.sink = name_;
}

void Courier::run(const std::stop_token& stop) {
  const std::stop_callback wake_on_stop(stop, [this] { waker_.wake(); });
  for (;;) {
    waker_.prepare();
    pulse_.answer();
    // Asked before the turn: what was committed before the stop is seen by it.
    const bool stopping = stop.stop_requested();
    const std::optional<MonoTime> next = step(clock_.mono());
    if (stopping && !goes_on_draining()) break;
    const MonoTime now = clock_.mono();
    if (next && *next <= now) {
      waker_.cancel();
    } else {
      waker_.sleep(next ? std::optional(time_until(*next, now)) : std::nullopt);
    }
  }
  waker_.cancel();
  // A sink that is only slow has not had them all by now.
  hand_over_undurable();
}

std::optional<MonoTime> Courier::step(MonoTime now) {
  has_more_ = false;
  if (start(now) && ready_sink(now)) {
    carry_undurable(now);
    carry_pending(now);
  }
  if (sink_side_.rests(now)) hand_over_undurable();
  return next_turn(now);
}

// Learns what an earlier life had delivered and not settled.
bool Courier::start(MonoTime now) {
  if (is_started_) return true;
  if (sink_side_.rests(now) || outbox_side_.rests(now)) return false;
  Result<std::string> mark = outbox_.mark(name_);
  if (!mark) {
    fail(outbox_side_, now, mark.error().text);
    return false;
  }
  const Result<std::vector<std::string>> keys = sink_->recover(*mark);
  if (!keys) {
    is_unready_ = true;
    fail(sink_side_, now, keys.error().text);
    return false;
  }
  kept_mark_ = std::move(*mark);
  for (const std::string& key : *keys) {
    if (std::optional<Settlement> done = to_settlement(key)) unsettled_.push_back(*done);
  }
  is_started_ = true;
  return true;
}

bool Courier::ready_sink(MonoTime now) {
  Result<void> ready;
  if (reopen_requested_.exchange(false)) ready = sink_->reopen();
  if (sink_side_.rests(now)) return false;
  if (ready) ready = sink_->prepare();
  if (!ready) {
    is_unready_ = true;
    fail(sink_side_, now, ready.error().text);
    return false;
  }
  if (std::exchange(is_unready_, false)) revive_sink();
  return true;
}

Settlement Courier::settlement_of(const Alert& alert, const Outcome& outcome) {
  const bool dead = outcome.kind == Outcome::Kind::refused;
  return {.alert_id = alert.id,
          .revision = alert.revision,
          .end = dead ? Settlement::End::dead : Settlement::End::delivered,
          .why = dead ? shorten(outcome.why, kWhyBytesMax) : std::string{}};
}

void Courier::carry_pending(MonoTime now) {
  if (sink_side_.rests(now)) return;
  const bool is_tried = !outbox_side_.rests(now);
  // The mark first: whatever is written from here on can be found again from it.
  const bool is_settled = is_tried && settle(now);
  if (!is_settled && !may_go_on_unsettled()) return;
  // A newer revision may have taken the place of one that was delivered.
  if (is_tried) passed_ = 0;
  const Result<std::vector<Alert>> alerts = next_alerts();
  if (!alerts) return fail(outbox_side_, now, alerts.error().text);
  if (is_settled) outbox_side_.succeed();
  if (alerts->empty()) return;

  const std::vector<Outcome> outcomes = attempt(*alerts, now);
  for (std::size_t i = 0; i < alerts->size(); ++i) {
    if (outcomes[i].kind == Outcome::Kind::retry) continue;
    unsettled_.push_back(settlement_of((*alerts)[i], outcomes[i]));
  }
  const bool is_done = !outbox_side_.rests(now) && settle(now);
  if (is_done || may_go_on_unsettled()) has_more_ = true;
}

// The next batch of the outbox, without what was delivered and stands in it still.
Result<std::vector<Alert>> Courier::next_alerts() {
  std::set<std::pair<std::string_view, std::uint32_t>> done;
  for (const Settlement& each : unsettled_) done.emplace(each.alert_id, each.revision);
  std::vector<Alert> alerts;
  while (alerts.empty()) {
    Result<std::vector<Delivery>> pending =
        outbox_.pending(name_, passed_, options_.batch_rows, options_.batch_bytes);
    if (!pending) return nodeportd::fail(pending.error());
    if (pending->empty()) break;
    for (Delivery& delivery : *pending) {
      const bool is_done = done.contains({delivery.alert.id, delivery.alert.revision});
      if (!is_done) alerts.push_back(std::move(delivery.alert));
    }
    if (alerts.empty()) passed_ = pending->back().sequence;
  }
  return alerts;
}

// While the outbox cannot be written what stands in it goes out all the same: it may have come
// there just before its disk was full.
bool Courier::may_go_on_unsettled() const {
  return unsettled_.size() < options_.unsettled_max && sink_->is_found_from(kept_mark_);
}

// True when nothing that was delivered stands in the outbox any more.
bool Courier::settle(MonoTime now) {
  std::string mark = sink_->mark();
  if (unsettled_.empty() && mark == kept_mark_) return true;
  if (const Result<void> settled = outbox_.settle(name_, unsettled_, mark); !settled) {
    fail(outbox_side_, now, settled.error().text);
    return false;
  }
  outbox_side_.succeed();
  unsettled_.clear();
  passed_ = 0;
  kept_mark_ = std::move(mark);
  return true;
}

// Delivers and keeps the figures; gives exactly one outcome an alert.
std::vector<Outcome> Courier::attempt(const std::vector<Alert>& alerts, MonoTime now) {
  pulse_.excuse_until(clock_.mono() + options_.attempt_max);
  std::vector<Outcome> outcomes = sink_->deliver(alerts);
  outcomes.resize(alerts.size(), {.kind = Outcome::Kind::retry,
                                  .why = "the sink gave no outcome",
                                  .retry_after = std::nullopt});
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;
  std::uint64_t put_off = 0;
  const Outcome* failed = nullptr;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    switch (outcomes[i].kind) {
      case Outcome::Kind::delivered:
        ++delivered;
        note_delivery(alerts[i]);
        break;
      case Outcome::Kind::refused:
        ++refused;
        note_refusal(alerts[i], outcomes[i].why, now);
        break;
      case Outcome::Kind::retry:
        if (failed == nullptr) failed = &outcomes[i];
        ++put_off;
        break;
    }
  }
  {
    const std::lock_guard lock(mutex_);
    status_.delivered += delivered;
    status_.refused += refused;
    status_.put_off += put_off;
    if (delivered > 0) status_.last_delivery = clock_.wall();
  }
  // A receiver that answers, if only with a refusal, is there.
  if (delivered + refused > 0) revive_sink();
  // Rest from the answer on: the attempt itself may have taken longer than the rest is to be.
  if (failed != nullptr) fail(sink_side_, clock_.mono(), failed->why, failed->retry_after);
  return outcomes;
}

// What tells of no event, or of many over an hour, was not written to the log just before.
void Courier::note_delivery(const Alert& alert) {
  if (alert.phase != Phase::first || alert.events.empty()) return;
  latency_.observe(std::max(clock_.wall() - alert.last_time, Micros{0}));
}

void Courier::note_refusal(const Alert& alert, const std::string& why, MonoTime now) {
  // A refused notice of a refusal would go round for ever.
  if (is_dead_letter_notice(alert)) return;
  const RateLimit::Verdict verdict = notice_rate_.ask(now);
  if (!verdict.pass) return;
  Notice notice;
  notice.rule = "sink.dead_letter";
  notice.text = fmt::format("sink {} refused alert {} for good: {}", name_, alert.idempotency_key(),
                            shorten(why, kWhyBytesMax));
  notice.facts = {{"sink", name_},
                  {"alert_id", alert.id},
                  {"revision", std::to_string(alert.revision)},
                  {"rule", alert.rule_name},
                  {"reason", shorten(why, kWhyBytesMax)},
                  {"not_reported_before", std::to_string(verdict.suppressed)}};
  on_notice_(std::move(notice));
}

void Courier::revive_sink() {
  sink_side_.succeed();
  const std::lock_guard lock(mutex_);
  status_.alive = true;
}

void Courier::fail(Backoff& side, MonoTime now, const std::string& why,
                   std::optional<milliseconds> retry_after) {
  side.fail(now, retry_after, random_());
  const std::lock_guard lock(mutex_);
  ++status_.retries;
  status_.last_error = shorten(why, kWhyBytesMax);
  status_.last_error_at = clock_.wall();
  if (&side == &sink_side_) status_.alive = false;
}

std::optional<MonoTime> Courier::next_turn(MonoTime now) {
  std::optional<MonoTime> next = sink_->tend(now);
  const auto consider = [&](std::optional<MonoTime> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  if (has_more_ && !sink_side_.rests(now)) consider(now);
  if (sink_side_.rests(now)) consider(sink_side_.until());
  if (outbox_side_.rests(now)) consider(outbox_side_.until());
  const std::lock_guard lock(mutex_);
  status_.trouble = sink_->trouble();
  return next;
}

bool Courier::goes_on_draining() const {
  const MonoTime now = clock_.mono();
  return has_more_ && !abandoned_.load() && !sink_side_.rests(now) && !outbox_side_.rests(now) &&
         now.time_since_epoch().count() < drain_deadline_.load();
}

void Courier::request_reopen() {
  reopen_requested_.store(true);
  waker_.wake();
}

void Courier::drain_until(MonoTime deadline) {
  drain_deadline_.store(deadline.time_since_epoch().count());
}

void Courier::abandon() {
  abandoned_.store(true);
  sink_->stop();
  waker_.wake();
}

CourierStatus Courier::status() const {
  const std::lock_guard lock(mutex_);
  CourierStatus status = status_;
  status.undurable_waiting = undurable_.size() + carried_.size();
  status.latency = latency_.figures();
  return status;
}

}  // namespace nodeportd
