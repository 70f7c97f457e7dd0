#include "match/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "match/matcher.hpp"
#include "match/plain_scalar.hpp"
#include "match/rule_set.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kFoundBytesMax = 200;

std::string quoted(std::string_view text) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.quoted = true;
  node.scalar = text;
  return to_json(node);
}

// What decode has derived has no JSON of its own.
std::string shown(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::boolean:
    case Value::Kind::number:
      return shorten(value.text, kFoundBytesMax);
    case Value::Kind::string:
      return quoted(shorten(value.text, kFoundBytesMax));
    case Value::Kind::array:
      return value.size == 0 ? "[]" : "a list of " + std::to_string(value.size);
    case Value::Kind::object:
      break;
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min<std::size_t>(value.size, kFoundMax); ++i) {
    names.push_back(shorten(value.members[i].name, kFoundBytesMax / kFoundMax));
  }
  if (value.size > kFoundMax) names.emplace_back("...");
  return fmt::format("{{{}}}", fmt::join(names, ", "));
}

void find_values(const FieldPath& field, const Value& root, ItemExplanation& item) {
  field.any_of(root, Reading::as_apiserver, [&](const Value& value) {
    // The elements of a list come after it.
    if (value.kind == Value::Kind::array && value.size > 0) return false;
    if (item.found.size() < kFoundMax) {
      item.found.push_back(shown(value));
    } else {
      ++item.found_more;
    }
    return false;
  });
}

ItemExplanation explain_item(const DetectionItem& item, const Value& root) {
  ItemExplanation explanation;
  explanation.asked = item.as_written;
  explanation.held = item.holds(root, Reading::as_apiserver);
  if (item.field) find_values(*item.field, root, explanation);
  for (const ValueTest& test : item.tests) {
    const auto* other = std::get_if<FieldTest>(&test);
    if (other == nullptr) continue;
    ItemExplanation named;
    find_values(other->other, root, named);
    for (const std::string& value : named.found) {
      explanation.found.push_back(other->other.text() + " = " + value);
    }
  }
  return explanation;
}

}  // namespace

std::string_view to_text(RuleExplanation::Verdict verdict) {
  constexpr std::array<std::string_view, 4> kWords = {"no_match", "told", "suppressed", "yields"};
  return kWords[static_cast<std::size_t>(verdict)];
}

std::vector<SelectionExplanation> explain(const Detection& detection, const Value& root) {
  std::vector<SelectionExplanation> selections;
  for (const Selection& selection : detection.selections) {
    SelectionExplanation& explained = selections.emplace_back();
    explained.name = selection.name;
    explained.held = selection.holds(root, Reading::as_apiserver);
    for (const Selection::Alternative& items : selection.alternatives) {
      std::vector<ItemExplanation>& list = explained.alternatives.emplace_back();
      for (const DetectionItem& item : items) list.push_back(explain_item(item, root));
    }
  }
  return selections;
}

std::vector<RuleExplanation> RuleSet::explain(const AuditEvent& event,
                                              const AuditEvent& settled) const {
  using Verdict = RuleExplanation::Verdict;
  const WallTime time = reference_to(event, {}, "").time;
  std::vector<RuleExplanation> rules;
  std::vector<std::uint32_t> told;
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const CompiledRule& rule = rules_[i];
    const Value& root = rule.asks_history ? settled.root : event.root;
    RuleExplanation& explained = rules.emplace_back();
    explained.rule = i;
    explained.condition = rule.detection.condition_as_written;
    explained.selections = nodeportd::explain(rule.detection, root);
    if (!rule.detection.matches(root, Reading::as_apiserver)) continue;
    explained.exception = exception_for(i, root, time);
    const bool is_suppressed = explained.exception != Match::kNoException;
    explained.verdict = is_suppressed ? Verdict::suppressed : Verdict::told;
    if (!is_suppressed) told.push_back(i);
  }
  for (RuleExplanation& explained : rules) {
    if (explained.verdict == Verdict::no_match || !yields(explained.rule, told)) continue;
    explained.verdict = Verdict::yields;
    const std::vector<std::uint32_t>& superiors = yields_to_[explained.rule];
    std::copy_if(superiors.begin(), superiors.end(), std::back_inserter(explained.yields_to),
                 [&](std::uint32_t superior) {
                   return std::find(told.begin(), told.end(), superior) != told.end();
                 });
  }
  return rules;
}

}  // namespace nodeportd
