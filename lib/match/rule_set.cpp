#include "match/rule_set.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "match/exposure_path.hpp"
#include "match/literals.hpp"

namespace nodeportd {

RuleSet::RuleSet(std::vector<CompiledRule> rules, std::vector<ExceptionSpec> exceptions)
    : rules_(std::move(rules)), index_(rules_), exceptions_(std::move(exceptions)) {
  for (CompiledRule& each : rules_) {
    each.tests = {};
    catalog_.push_back(each.rule);
  }
  catalog_.push_back(builtin::line_uninspectable());
  catalog_.push_back(builtin::groups_truncated());
  exceptions_of_.resize(catalog_.size());
  for (std::size_t rule = 0; rule < catalog_.size(); ++rule) {
    const bool is_builtin = rule >= rules_.size();
    for (std::uint32_t i = 0; i < exceptions_.size(); ++i) {
      if (!exceptions_[i].covers(catalog_[rule].id, is_builtin)) continue;
      exceptions_of_[rule].push_back(i);
      // Whether the rule is silenced is then known with the history, and not before.
      if (!is_builtin && exceptions_[i].condition.asks_history()) rules_[rule].asks_history = true;
    }
    std::vector<std::uint32_t>& superiors = yields_to_.emplace_back();
    for (std::uint32_t other = 0; other < catalog_.size(); ++other) {
      const auto& ids = catalog_[rule].yields_to;
      const bool yields = std::find(ids.begin(), ids.end(), catalog_[other].id) != ids.end();
      if (yields) superiors.push_back(other);
    }
  }
}

std::vector<Literals> RuleSet::literals() const {
  std::vector<Literals> all;
  all.reserve(rules_.size());
  for (const CompiledRule& each : rules_) all.push_back(required_literals(each.detection));
  // What is open is remembered whatever the rules ask, for `nodeportd exposed` and for the rules
  // that are loaded next time.
  all.push_back(exposure_literals());
  return all;
}

std::vector<Words> RuleSet::words_besides() const {
  std::vector<Words> all;
  for (const CompiledRule& each : rules_) all.push_back(nodeportd::words_besides(each.detection));
  all.emplace_back();  // the history's literals are all that there is
  return all;
}

bool RuleSet::yields(std::uint32_t rule, const std::vector<std::uint32_t>& told) const {
  const std::vector<std::uint32_t>& superiors = yields_to_[rule];
  return std::find_first_of(superiors.begin(), superiors.end(), told.begin(), told.end()) !=
         superiors.end();
}

void RuleSet::yield_of_writes(std::vector<Match>& matches) const {
  std::map<std::uint32_t, std::vector<std::uint32_t>> told;  // per write: the rules
  for (const Match& match : matches) {
    if (match.write && match.exception == Match::kNoException) {
      told[*match.write].push_back(match.rule);
    }
  }
  std::erase_if(matches, [&](const Match& match) {
    return match.write && yields(match.rule, told[*match.write]);
  });
}

std::uint32_t RuleSet::exception_for(std::uint32_t rule, const Value& event, WallTime time) const {
  for (const std::uint32_t i : exceptions_of_[rule]) {
    const ExceptionSpec& exception = exceptions_[i];
    if (!exception.is_over(time) && exception.condition.matches(event, Reading::as_apiserver)) {
      return i;
    }
  }
  return Match::kNoException;
}

}  // namespace nodeportd
