#include "daemon/report/policy_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "config/policy_review.hpp"
#include "daemon/table.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kRoutesMax = 20;

// `10 routes to open or close a port: seen in full 2, in part 7, not 1`.
std::string summary(const PolicyReview& review) {
  std::map<std::string_view, Sight> everybodys;  // by route, the worst of its verbs
  bool hides_more = false;
  for (const RouteSight& route : review.routes) {
    Sight& sight = everybodys[route.route];
    if (route.whose.empty()) sight = std::max(sight, route.sight);
    if (!route.whose.empty() && route.sight > sight) hides_more = true;
  }
  const auto count = [&](Sight sight) {
    return std::count_if(everybodys.begin(), everybodys.end(),
                         [&](const auto& route) { return route.second == sight; });
  };
  return fmt::format("{} routes to open or close a port: seen in full {}, in part {}, not {}{}",
                     everybodys.size(), count(Sight::full), count(Sight::partial),
                     count(Sight::none), hides_more ? "; for some requests less" : "");
}

// A row tells of the rest where other rows of its route tell of some.
std::string whose_of(const RouteSight& route, const PolicyReview& review) {
  if (!route.whose.empty()) return route.whose;
  const bool has_others = std::any_of(
      review.routes.begin(), review.routes.end(),
      [&](const RouteSight& other) { return other.route == route.route && !other.whose.empty(); });
  return has_others ? "everybody else" : "everybody";
}

void print_advice(const AuditPolicy& policy, const PolicyAdvice& advice) {
  if (advice.keep_response_complete) {
    fmt::print(
        "\nTake ResponseComplete out of the policy's omitStages at {}: no rule can bring a\n"
        "stage back.\n",
        printable(name_of(*advice.keep_response_complete)));
  }
  if (!advice.rule.empty()) {
    fmt::print("\nThe first rule that matches decides. Put this one {}:\n\n{}",
               advice.before
                   ? "before the rule at " + printable(name_of(policy.rules[*advice.before].place))
                   : "behind the last rule",
               advice.rule);
  }
  fmt::print("\nkube-apiserver reads its policy when it starts.\n");
}

}  // namespace

bool print_review(const LoadedAuditPolicy& loaded, const std::string& path) {
  for (const Problem& remark : loaded.remarks) {
    fmt::print(stderr, "{}\n", printable(to_text({remark.place, "warning: " + remark.text})));
  }
  const PolicyReview reviewed = review(loaded.policy);
  Table table({"route", "verbs", "whose", "level", "decided by", "logged with what is needed"});
  for (const RouteSight& route : reviewed.routes) {
    table.add({route.route, fmt::format("{}", fmt::join(route.verbs, ", ")),
               whose_of(route, reviewed), std::string(to_text(route.level)),
               decider(loaded.policy, route), to_text(route)});
  }
  table.print(stdout);
  fmt::print("\n{}: {}\n", printable(path), summary(reviewed));
  if (reviewed.advice) print_advice(loaded.policy, *reviewed.advice);
  return !reviewed.advice;
}

std::optional<Notice> blindness(const std::string& path) {
  Notice notice{"policy.blind", "", {{"audit_policy", path}}};
  // Numbered, since a fact's name must be its own.
  const auto add = [&](const std::string& name, std::string fact) {
    const std::size_t number = notice.facts.size();
    if (number > kRoutesMax) return;
    notice.facts.emplace_back(name + '_' + std::to_string(number), std::move(fact));
  };
  const LoadedAuditPolicy loaded = load_audit_policy(path);
  if (!loaded.problems.empty()) {
    notice.text = "what the audit policy hides cannot be said: " + to_text(loaded.problems.front());
    for (const Problem& problem : loaded.problems) add("problem", to_text(problem));
    return notice;
  }
  const PolicyReview reviewed = review(loaded.policy);
  if (!reviewed.advice) return std::nullopt;
  notice.text = "the audit policy hides something of " + summary(reviewed) +
                "; `nodeportd check --audit-policy " + path + "` says what to change";
  for (const RouteSight& route : reviewed.routes) {
    if (route.sight == Sight::full) continue;
    add("route", fmt::format("{} ({}) by {}: {} ({}, {})", route.route,
                             fmt::join(route.verbs, ", "), whose_of(route, reviewed),
                             to_text(route), to_text(route.level), decider(loaded.policy, route)));
  }
  return notice;
}

}  // namespace nodeportd
