#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sink/outbox.hpp"

namespace nodeportd::test {

inline Alert numbered_alert(int number, std::uint32_t revision = 1) {
  Alert alert;
  alert.id = "a" + std::to_string(number);
  alert.epoch = "e";
  alert.revision = revision;
  alert.rule_name = "Rule";
  return alert;
}

// An outbox in memory that keeps the rules of the real one. Safe from any thread.
class FakeOutbox final : public Outbox {
 public:
  void put(Alert alert) {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](const Delivery& old) { return old.alert.id == alert.id; });
    waiting_.push_back({.sequence = ++sequence_, .alert = std::move(alert)});
  }
  // Takes the place of the alert's older revision.
  void replace(const Alert& alert) {
    const std::lock_guard lock(mutex_);
    for (Delivery& old : waiting_) {
      if (old.alert.id == alert.id) old.alert = alert;
    }
  }
  // The history has the alert, the outbox has not.
  void learn(const Alert& alert) {
    const std::lock_guard lock(mutex_);
    history_.push_back(alert.idempotency_key());
  }
  void keep_mark(std::string mark) { mark_ = std::move(mark); }
  // While broken every call fails.
  void set_broken(bool broken) {
    const std::lock_guard lock(mutex_);
    broken_ = broken;
  }
  // While full it can be read and not written.
  void set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
  }

  [[nodiscard]] std::vector<std::string> waiting() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (const Delivery& delivery : waiting_) keys.push_back(delivery.alert.idempotency_key());
    return keys;
  }
  // What was settled, as `a1.1 delivered` or `a1.1 dead why`, and each change of the mark.
  [[nodiscard]] std::vector<std::string> journal() const {
    const std::lock_guard lock(mutex_);
    return journal_;
  }
  // Also what the sink does goes there, so that the order can be read.
  void note(std::string line) {
    const std::lock_guard lock(mutex_);
    journal_.push_back(std::move(line));
  }

  [[nodiscard]] Result<std::vector<Delivery>> pending(const std::string& /*sink*/,
                                                      std::int64_t after, std::size_t rows,
                                                      std::size_t /*bytes*/) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return fail(ErrorKind::io, "state: broken");
    std::vector<Delivery> deliveries;
    for (const Delivery& delivery : waiting_) {
      if (delivery.sequence > after && deliveries.size() < rows) deliveries.push_back(delivery);
    }
    return deliveries;
  }

  [[nodiscard]] Result<void> settle(const std::string& /*sink*/,
                                    std::span<const Settlement> settlements,
                                    const std::string& mark) override {
    const std::lock_guard lock(mutex_);
    if (broken_ || full_) return fail(ErrorKind::full, "state: full");
    for (const Settlement& done : settlements) {
      std::erase_if(waiting_, [&](const Delivery& delivery) {
        return delivery.alert.id == done.alert_id && delivery.alert.revision == done.revision;
      });
      journal_.push_back(done.alert_id + '.' + std::to_string(done.revision) +
                         (done.end == Settlement::End::dead ? " dead " + done.why : " delivered"));
    }
    if (mark != mark_) journal_.push_back("mark " + mark);
    mark_ = mark;
    return {};
  }

  [[nodiscard]] Result<std::vector<bool>> adopt(const std::string& /*sink*/,
                                                std::span<const Alert> alerts) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return fail(ErrorKind::io, "state: broken");
    std::vector<bool> known;
    for (const Alert& alert : alerts) {
      const std::string key = alert.idempotency_key();
      known.push_back(std::find(history_.begin(), history_.end(), key) != history_.end());
      if (known.back()) waiting_.push_back({.sequence = ++sequence_, .alert = alert});
    }
    return known;
  }

  [[nodiscard]] Result<std::string> mark(const std::string& /*sink*/) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return fail(ErrorKind::io, "state: broken");
    return mark_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Delivery> waiting_;
  std::vector<std::string> history_;
  std::vector<std::string> journal_;
  std::string mark_;
  std::int64_t sequence_ = 0;
  bool broken_ = false;
  bool full_ = false;
};

}  // namespace nodeportd::test
