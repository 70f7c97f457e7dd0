#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/histogram.hpp"
#include "model/alert.hpp"
#include "model/changes.hpp"
#include "model/notice.hpp"

namespace nodeportd {

// What the ledger has counted since the start, by names that rules, exceptions and this program
// bring and no line of a log does. The ledger's thread counts, any thread asks.
class LedgerTally {
 public:
  struct Figures {
    // First revisions, by rule id and outcome of the request; `none` where there is no such thing.
    std::map<std::pair<std::string, std::string>, std::uint64_t> alerts;
    std::map<std::string, std::uint64_t> suppressed;  // matches, by exception
    std::map<std::string, std::uint64_t> notices;     // the daemon's own alerts, by name
    DurationHistogram::Figures transactions;
  };

  void count(const Alert& alert) {
    if (alert.revision > 1) return;
    const std::string outcome =
        alert.exposures.empty() ? "none" : std::string(to_text(alert.exposures.front().outcome));
    const std::lock_guard lock(mutex_);
    ++figures_.alerts[{alert.rule_id, outcome}];
  }
  void count(const Notice& notice) {
    const std::lock_guard lock(mutex_);
    ++figures_.notices[notice.rule];
  }
  void count_suppressed(const std::vector<std::pair<std::string, std::uint64_t>>& suppressions) {
    if (suppressions.empty()) return;
    const std::lock_guard lock(mutex_);
    for (const auto& [exception, matches] : suppressions) {
      figures_.suppressed[exception] += matches;
    }
  }
  DurationHistogram& transactions() { return transactions_; }

  [[nodiscard]] Figures figures() const {
    const std::lock_guard lock(mutex_);
    Figures figures = figures_;
    figures.transactions = transactions_.figures();
    return figures;
  }

 private:
  DurationHistogram transactions_;
  mutable std::mutex mutex_;  // guards what follows
  Figures figures_;
};

}  // namespace nodeportd
