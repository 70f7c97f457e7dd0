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
  std::map<std::string, std::uint32_t, std::less<>> by_id;
  for (std::uint32_t i = 0; i < catalog_.size(); ++i) by_id.emplace(catalog_[i].id, i);
  file_exceptions(by_id);
  for (const Rule& rule : catalog_) {
    std::vector<std::uint32_t>& superiors = yields_to_.emplace_back();
    for (const std::string& id : rule.yields_to) {
      if (const auto found = by_id.find(id); found != by_id.end())
        superiors.push_back(found->second);
    }
  }
}

// Those of all rules stand in a list of their own: ten thousand rules need not each list thousands.
void RuleSet::file_exceptions(const std::map<std::string, std::uint32_t, std::less<>>& by_id) {
  exceptions_of_.resize(catalog_.size());
  for (std::uint32_t i = 0; i < exceptions_.size(); ++i) {
    const ExceptionSpec& exception = exceptions_[i];
    const bool asks_history = exception.condition.asks_history();
    // Whether a rule is silenced is then known with the history, and not before.
    const auto note = [&](CompiledRule& rule) {
      rule.asks_history = rule.asks_history || asks_history;
    };
    if (exception.of_all_rules) {
      exceptions_of_all_.push_back(i);
      std::for_each(rules_.begin(), rules_.end(), note);
    }
    for (const std::string& id : exception.rules) {
      const auto found = by_id.find(id);
      if (found == by_id.end()) continue;
      std::vector<std::uint32_t>& listed = exceptions_of_[found->second];
      if (listed.empty() || listed.back() != i) listed.push_back(i);
      if (found->second < rules_.size()) note(rules_[found->second]);
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
  const std::vector<std::uint32_t>& listed = exceptions_of_[rule];
  auto own = listed.begin();
  auto general = rule < rules_.size() ? exceptions_of_all_.begin() : exceptions_of_all_.end();
  while (own != listed.end() || general != exceptions_of_all_.end()) {
    const bool own_is_next =
        general == exceptions_of_all_.end() || (own != listed.end() && *own < *general);
    const std::uint32_t i = own_is_next ? *own++ : *general++;
    const ExceptionSpec& exception = exceptions_[i];
    if (!exception.is_over(time) && exception.condition.matches(event, Reading::as_apiserver)) {
      return i;
    }
  }
  return Match::kNoException;
}

}  // namespace nodeportd
