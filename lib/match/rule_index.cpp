#include "match/rule_index.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace nodeportd {
namespace {

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// A field that must hold one of the texts, letters of either case, for a rule to match.
struct Requirement {
  const FieldPath* field = nullptr;
  std::vector<std::string> texts;
};

// The texts that a test stands for; nullopt where it is about more than plain text.
std::optional<std::vector<std::string>> plain_texts(const ValueTest& test) {
  const auto* text_test = std::get_if<TextTest>(&test);
  if (text_test == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const Glob& glob : text_test->any_of) {
    if (!glob.plain()) return std::nullopt;
    texts.push_back(*glob.plain());
  }
  return texts;
}

void add_requirements(const DetectionItem& item, std::vector<Requirement>& all) {
  // What history will tell does not stand in the event yet when rules are first asked.
  if (!item.field || item.negated || item.asks_for(Unknown::history)) return;
  Requirement any_of{&*item.field, {}};
  for (const ValueTest& test : item.tests) {
    auto texts = plain_texts(test);
    if (item.link == DetectionItem::Link::all) {
      if (texts) all.push_back({&*item.field, std::move(*texts)});
      continue;
    }
    if (!texts) return;
    any_of.texts.insert(any_of.texts.end(), texts->begin(), texts->end());
  }
  if (item.link == DetectionItem::Link::any) all.push_back(std::move(any_of));
}

void add_requirements(const Detection& detection, const Expression& expression,
                      std::vector<Requirement>& all) {
  const bool is_sure =
      expression.kind == Expression::Kind::all_of ||
      (expression.kind == Expression::Kind::any_of && expression.parts.size() == 1);
  if (is_sure) {
    for (const Expression& part : expression.parts) add_requirements(detection, part, all);
  }
  if (expression.kind != Expression::Kind::selection) return;
  const auto& alternatives = detection.selections[expression.selection].alternatives;
  if (alternatives.size() != 1) return;
  for (const DetectionItem& item : alternatives.front()) add_requirements(item, all);
}

}  // namespace

bool RuleIndex::IgnoringCase::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return to_lower(x) < to_lower(y); });
}

RuleIndex::RuleIndex(const std::vector<CompiledRule>& rules) {
  std::vector<std::vector<Requirement>> requirements(rules.size());
  std::map<std::pair<std::string, std::string>, std::size_t> askers;  // of a field and a text
  for (std::size_t i = 0; i < rules.size(); ++i) {
    add_requirements(rules[i].detection, rules[i].detection.condition, requirements[i]);
    for (const Requirement& each : requirements[i]) {
      for (const std::string& text : each.texts) ++askers[{each.field->text(), text}];
    }
  }
  // The more rules ask for a text, the less it tells them apart.
  const auto crowd = [&](const Requirement& requirement) {
    std::size_t sum = 0;
    for (const std::string& text : requirement.texts) {
      sum += askers[{requirement.field->text(), text}];
    }
    return sum;
  };
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const auto best = std::min_element(
        requirements[i].begin(), requirements[i].end(),
        [&](const Requirement& a, const Requirement& b) { return crowd(a) < crowd(b); });
    if (best == requirements[i].end()) {
      unfiled_.push_back(i);
      continue;
    }
    Drawer& drawer = drawer_of(*best->field);
    for (const std::string& text : best->texts) drawer.rules_of[text].push_back(i);
  }
}

RuleIndex::Drawer& RuleIndex::drawer_of(const FieldPath& field) {
  const auto found = std::find_if(drawers_.begin(), drawers_.end(), [&](const Drawer& drawer) {
    return drawer.field.text() == field.text();
  });
  return found != drawers_.end() ? *found : drawers_.emplace_back(field, RulesOfText());
}

RuleIndex::Candidates RuleIndex::candidates(const Value& root) const {
  Candidates rules(unfiled_.begin(), unfiled_.end());
  for (const Drawer& drawer : drawers_) {
    drawer.field.any_of(root, Reading::as_apiserver, [&](const Value& value) {
      if (!value.is_scalar()) return false;
      const auto found = drawer.rules_of.find(value.text);
      if (found != drawer.rules_of.end()) {
        rules.insert(rules.end(), found->second.begin(), found->second.end());
      }
      return false;
    });
  }
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  return rules;
}

}  // namespace nodeportd
