// What a courier does with alerts whose state could not be written.

#include <iterator>
#include <utility>

#include "sink/courier.hpp"

namespace nodeportd {

// Empty while the outbox takes over what waits.
std::vector<Alert> Courier::take_undurable(std::size_t most) {
  std::vector<Alert> alerts;
  const std::lock_guard lock(mutex_);
  if (is_held_) return alerts;
  while (!undurable_.empty() && alerts.size() < most) {
    carried_.push_back(undurable_.front().idempotency_key());
    alerts.push_back(std::move(undurable_.front()));
    undurable_.pop_front();
  }
  return alerts;
}

void Courier::carry_undurable(MonoTime now) {
  std::vector<Alert> alerts = take_undurable(options_.batch_rows);
  if (alerts.empty()) return;
  const std::vector<Outcome> outcomes = attempt(alerts, now);
  has_more_ = true;
  std::unique_lock lock(mutex_);
  // Whether they are in the outbox by now is known when the commit in progress has ended.
  released_.wait(lock, [this] { return !is_held_; });
  for (std::size_t i = alerts.size(); i > 0; --i) {
    const bool is_retried = outcomes[i - 1].kind == Outcome::Kind::retry;
    const bool is_kept = taken_over_.contains(alerts[i - 1].idempotency_key());
    if (is_retried && !is_kept) put_back(std::move(alerts[i - 1]));
    if (!is_retried && is_kept) unsettled_.push_back(settlement_of(alerts[i - 1], outcomes[i - 1]));
  }
  carried_.clear();
  taken_over_.clear();
}

void Courier::put_back(Alert alert) {
  if (undurable_.size() < options_.undurable_max) {
    undurable_.push_front(std::move(alert));
  } else {
    ++status_.undurable_dropped;
  }
}

// While the sink is away, or at the end, the state may have come back: what it knows by now waits
// in the outbox, which outlives us. The lines of these alerts are not read again.
void Courier::hand_over_undurable() {
  std::vector<Alert> alerts = take_undurable(options_.undurable_max);
  if (alerts.empty()) return;
  const Result<std::vector<bool>> adopted = outbox_.adopt(name_, alerts);
  std::unique_lock lock(mutex_);
  released_.wait(lock, [this] { return !is_held_; });
  for (std::size_t i = alerts.size(); i > 0; --i) {
    const bool is_kept = taken_over_.contains(alerts[i - 1].idempotency_key());
    if (is_kept || (adopted && (*adopted)[i - 1])) continue;
    put_back(std::move(alerts[i - 1]));
  }
  carried_.clear();
  taken_over_.clear();
}

void Courier::offer_undurable(Alert alert) {
  {
    const std::lock_guard lock(mutex_);
    if (undurable_.size() >= options_.undurable_max) {
      undurable_.pop_front();
      ++status_.undurable_dropped;
    }
    undurable_.push_back(std::move(alert));
  }
  waker_.wake();
}

std::vector<std::string> Courier::hold_undurable() {
  const std::lock_guard lock(mutex_);
  is_held_ = true;
  std::vector<std::string> keys = carried_;
  for (const Alert& alert : undurable_) keys.push_back(alert.idempotency_key());
  return keys;
}

void Courier::release_undurable(const std::set<std::string>& taken_over) {
  {
    const std::lock_guard lock(mutex_);
    is_held_ = false;
    for (const std::string& key : carried_) {
      if (taken_over.contains(key)) taken_over_.insert(key);
    }
    std::erase_if(undurable_,
                  [&](const Alert& alert) { return taken_over.contains(alert.idempotency_key()); });
  }
  released_.notify_all();
  waker_.wake();
}

std::size_t Courier::give_up_undurable() {
  const std::lock_guard lock(mutex_);
  if (status_.alive) return 0;
  const std::size_t given_up = undurable_.size();
  undurable_.clear();
  status_.undurable_dropped += given_up;
  return given_up;
}

}  // namespace nodeportd
