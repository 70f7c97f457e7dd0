#include <optional>
#include <vector>

#include "base/text.hpp"
#include "daemon/verbs/explain_report.hpp"
#include "sink/format_exposure.hpp"

namespace nodeportd {
namespace {

void write_item(JsonWriter& json, const ItemExplanation& item) {
  json.StartObject();
  write_member(json, "asked", item.asked);
  write_member(json, "found", item.found);
  write_member(json, "found_more", std::uint64_t{item.found_more});
  write_member(json, "held", item.held);
  json.EndObject();
}

void write_selection(JsonWriter& json, const SelectionExplanation& selection) {
  write_member(json, "name", selection.name);
  write_member(json, "held", selection.held);
  write_key(json, "alternatives");
  json.StartArray();
  for (const auto& items : selection.alternatives) {
    json.StartArray();
    for (const ItemExplanation& item : items) write_item(json, item);
    json.EndArray();
  }
  json.EndArray();
}

void write_rule(JsonWriter& json, const RuleExplanation& rule, const RuleSet& rules) {
  write_member(json, "id", rules.catalog()[rule.rule].id);
  write_member(json, "name", rules.catalog()[rule.rule].name);
  write_member(json, "verdict", to_text(rule.verdict));
  const bool has_exception = rule.exception != Match::kNoException;
  write_member(
      json, "exception",
      has_exception ? std::optional(rules.exceptions()[rule.exception].name) : std::nullopt);
  std::vector<std::string> superiors;
  for (const std::uint32_t superior : rule.yields_to) {
    superiors.push_back(rules.catalog()[superior].id);
  }
  write_member(json, "yields_to", superiors);
  write_member(json, "condition", rule.condition);
  write_list(json, "selections", rule.selections, write_selection);
}

}  // namespace

std::string json_of(const ExplainedRecord& record, const RecordPlace& place, const RuleSet& rules) {
  std::string lines;
  for (const ExplainedEvent& event : record.events) {
    lines +=
        json_object([&](JsonWriter& json) {
          write_member(json, "file", place.file);
          write_member(json, "line", std::uint64_t{place.line});
          write_member(json, "part", event.part);
          write_member(json, "passes_scan", record.passes_scan);
          write_member(json, "reject",
                       event.reject ? std::optional(to_text(*event.reject)) : std::nullopt);
          if (!event.reject) {
            write_member(json, "audit_id", event.event.audit_id);
            write_member(json, "time", event.event.time);
            write_member(json, "stage", event.event.stage);
            write_exposures(json, event.exposure ? std::vector<Exposure>{*event.exposure}
                                                 : std::vector<Exposure>{});
            write_list(json, "rules", event.rules, [&](JsonWriter&, const RuleExplanation& rule) {
              write_rule(json, rule, rules);
            });
          }
        }) +
        '\n';
  }
  return lines;
}

}  // namespace nodeportd
