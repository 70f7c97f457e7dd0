#include "match/rule_set.hpp"

#include <utility>

#include "match/literals.hpp"

namespace nodeportd {

RuleSet::RuleSet(std::vector<CompiledRule> rules, std::vector<ExceptionSpec> exceptions)
    : rules_(std::move(rules)), exceptions_(std::move(exceptions)) {
  for (const CompiledRule& each : rules_) catalog_.push_back(each.rule);
  catalog_.push_back(builtin::line_uninspectable());
  catalog_.push_back(builtin::groups_truncated());
  exceptions_of_.resize(catalog_.size());
  for (std::size_t rule = 0; rule < catalog_.size(); ++rule) {
    const bool is_builtin = rule >= rules_.size();
    for (std::uint32_t i = 0; i < exceptions_.size(); ++i) {
      if (exceptions_[i].covers(catalog_[rule].id, is_builtin)) exceptions_of_[rule].push_back(i);
    }
  }
}

std::vector<std::vector<std::string>> RuleSet::literals() const {
  std::vector<std::vector<std::string>> all;
  all.reserve(rules_.size());
  for (const CompiledRule& each : rules_) all.push_back(required_literals(each.detection));
  return all;
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
