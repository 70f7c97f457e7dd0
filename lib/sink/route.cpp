#include "sink/route.hpp"

#include <algorithm>

namespace nodeportd {
namespace {

template <typename T>
bool contains(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool names_rule(const std::vector<std::string>& rules, const Alert& alert) {
  return std::any_of(rules.begin(), rules.end(), [&](const std::string& rule) {
    return rule == alert.rule_id || rule == alert.rule_name || contains(alert.tags, rule);
  });
}

bool takes(const Route& route, const Alert& alert) {
  return alert.level >= route.min_level &&
         (route.rules.empty() || names_rule(route.rules, alert)) &&
         (route.phases.empty() || contains(route.phases, alert.phase));
}

}  // namespace

std::vector<std::string> route(const Alert& alert, const std::vector<Route>& routes) {
  std::vector<std::string> sinks;
  for (const Route& candidate : routes) {
    if (takes(candidate, alert) && !contains(sinks, candidate.sink)) {
      sinks.push_back(candidate.sink);
    }
  }
  return sinks;
}

}  // namespace nodeportd
