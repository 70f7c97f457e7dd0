#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sink/sink.hpp"

namespace nodeportd::test {

inline Outcome retry(std::string why, std::optional<std::chrono::milliseconds> after = {}) {
  return {.kind = Outcome::Kind::retry, .why = std::move(why), .retry_after = after};
}
inline Outcome refused(std::string why) {
  return {.kind = Outcome::Kind::refused, .why = std::move(why), .retry_after = {}};
}

// Does what the test wrote down, and delivers where nothing is written. The test holds on to it
// while the courier owns it; its members are set before the courier runs.
class ScriptedSink final : public Sink {
 public:
  std::deque<Outcome> script;  // one an alert
  std::deque<Result<void>> prepares;
  Result<std::vector<std::string>> recovered = std::vector<std::string>{};
  std::string current_mark;
  std::string recovered_from = "not asked";
  std::string current_trouble;
  std::optional<MonoTime> tend_at;
  int reopened = 0;
  std::vector<std::vector<std::string>> batches;  // the keys of each deliver()
  std::function<void()> on_deliver = [] {};
  std::function<void()> on_tend = [] {};  // at the end of a turn

  [[nodiscard]] Result<void> prepare() override {
    if (prepares.empty()) return {};
    Result<void> result = prepares.front();
    prepares.pop_front();
    return result;
  }

  [[nodiscard]] std::vector<Outcome> deliver(std::span<const Alert> alerts) override {
    std::vector<std::string> keys;
    std::vector<Outcome> outcomes;
    for (const Alert& alert : alerts) {
      keys.push_back(alert.idempotency_key());
      Outcome outcome;
      if (!script.empty()) {
        outcome = script.front();
        script.pop_front();
      }
      outcomes.push_back(outcome);
    }
    batches.push_back(keys);
    on_deliver();
    return outcomes;
  }

  [[nodiscard]] std::string mark() const override { return current_mark; }
  [[nodiscard]] Result<std::vector<std::string>> recover(const std::string& mark) override {
    recovered_from = mark;
    return recovered;
  }
  [[nodiscard]] std::optional<MonoTime> tend(MonoTime /*now*/) override {
    on_tend();
    return tend_at;
  }
  [[nodiscard]] std::string trouble() const override { return current_trouble; }
  [[nodiscard]] Result<void> reopen() override {
    ++reopened;
    return {};
  }

  void stop() override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  // For on_deliver: a receiver that never answers.
  void hang_until_stopped() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
};

}  // namespace nodeportd::test
