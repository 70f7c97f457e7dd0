#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aggregate/exposure_history.hpp"
#include "daemon/engine/review.hpp"
#include "daemon/engine/worker.hpp"
#include "decode/event_reader.hpp"
#include "match/explanation.hpp"
#include "match/rule_set.hpp"

namespace nodeportd {

// An event, as its log tells it, and what each rule makes of it; or why it cannot be read.
struct ExplainedEvent {
  std::uint32_t part = 0;  // of the record
  std::optional<Reject> reject;
  EventRef event;
  std::string what;  // `patch services shop/web by alice, 200`
  std::optional<Exposure> exposure;
  std::vector<RuleExplanation> rules;
};

struct ExplainedRecord {
  bool passes_scan = false;  // where it does not, no rule is asked in the daemon
  std::vector<ExplainedEvent> events;
};

// Looks at a log as the daemon does, record by record and in order, and says what it makes of one.
class Explainer {
 public:
  // `rules` outlive the explainer.
  explicit Explainer(const RuleSet& rules)
      : rules_(rules),
        scan_(rules.literals(), rules.words_besides()),
        worker_(rules, scan_),
        review_(rules, "", shelf_) {}

  // Does to a batch what the pipeline does, so that the history of Services is known afterwards.
  void take(Batch& batch);
  // What is made of a record of a batch that was taken; the batch that was taken last alone.
  [[nodiscard]] ExplainedRecord explain(const Batch& batch, std::uint32_t record);

  [[nodiscard]] bool passes_scan(const Record& record) const;

 private:
  // All is in the history itself, from the first record on.
  class EmptyShelf final : public ExposureShelf {
   public:
    std::optional<KnownService> find_service(const std::string&, const std::string&,
                                             const std::string&) override {
      return std::nullopt;
    }
    std::vector<AuditIdUse> audit_ids() override { return {}; }
  };

  [[nodiscard]] ExplainedEvent explain_event(const AuditEvent& event, std::uint32_t part,
                                             const Batch& batch, std::uint32_t record);

  const RuleSet& rules_;
  Scan scan_;
  Worker worker_;
  EmptyShelf shelf_;
  Review review_;
  EventReader reader_;
};

}  // namespace nodeportd
