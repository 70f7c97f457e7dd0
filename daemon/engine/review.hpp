#pragma once

#include <cstdint>
#include <string>

#include "aggregate/exposure_history.hpp"
#include "decode/event_reader.hpp"
#include "match/rule_set.hpp"
#include "model/batch.hpp"

namespace nodeportd {

// The second look at service writes, in the order of the log and so on one thread: settles what
// only history tells of them, asks the rules that wanted to know it, and sees that one request is
// told by one rule.
class Review {
 public:
  // `shelf` outlives the review, `rules` are there until others are used.
  Review(const RuleSet& rules, std::string cluster, ExposureShelf& shelf)
      : rules_(&rules), history_(std::move(cluster), shelf) {}

  // From the next batch on.
  void use(const RuleSet& rules) { rules_ = &rules; }

  // Completes the writes and the matches of a batch that a worker has examined.
  void settle(Batch& batch);

  // Records that were read a second time so far.
  [[nodiscard]] std::uint64_t reread() const { return reread_; }

  [[nodiscard]] ExposureHistory& history() { return history_; }
  [[nodiscard]] const ExposureHistory& history() const { return history_; }

 private:
  // Reads the record of the writes from `first` to before `end` once more, and matches those of its
  // events that are undecided, their history settled.
  void ask(Batch& batch, std::uint32_t first, std::uint32_t end);

  const RuleSet* rules_;
  ExposureHistory history_;
  EventReader reader_;
  std::uint64_t reread_ = 0;
};

}  // namespace nodeportd
