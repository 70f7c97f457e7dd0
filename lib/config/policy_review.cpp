#include "config/policy_review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <utility>

#include "config/audit_scopes.hpp"

namespace nodeportd {
namespace {

struct Told {
  Sight sight = Sight::full;
  std::string_view missing;
  bool operator==(const Told&) const = default;
};

struct Route {
  std::string_view name;
  std::vector<std::string_view> verbs;
  Told at_metadata;
  Told at_request;
};

constexpr Told kAll;
constexpr Told kNotWhatItOpens = {
    Sight::partial, "not what it opens; an alert says that it could not be inspected"};
constexpr Told kNotTheNumbers = {Sight::partial,
                                 "not the node port numbers that the apiserver chooses"};

// What each level gives is what decode/ makes of it; docs/OPERATIONS.md has the table.
const std::vector<Route>& known_routes() {
  static const std::vector<Route> routes = {
      {"create: NodePort, LoadBalancer, external IPs", {"create"}, kNotWhatItOpens, kNotTheNumbers},
      {"create with generateName",
       {"create"},
       kNotWhatItOpens,
       {Sight::partial,
        "not the Service's name, nor the node port numbers that the apiserver chooses"}},
      {"update (replace)", {"update"}, kNotWhatItOpens, kNotTheNumbers},
      {"merge or strategic merge patch of the type", {"patch"}, kNotWhatItOpens, kNotTheNumbers},
      {"server-side apply", {"patch"}, kNotWhatItOpens, kNotTheNumbers},
      {"JSON patch", {"patch"}, kNotWhatItOpens, kNotWhatItOpens},
      {"port added to an open Service", {"patch"}, kNotWhatItOpens, kNotWhatItOpens},
      {"change by a mutating webhook",
       {"create", "update", "patch"},
       kNotWhatItOpens,
       {Sight::none, "the request does not show what the webhook makes of it"}},
      {"delete", {"delete"}, kAll, kAll},
      {"delete of many at once",
       {"deletecollection"},
       {Sight::partial, "not which Services it closes"},
       {Sight::partial, "not which Services it closes"}},
  };
  return routes;
}

Told told_of(const Route& route, const AuditVerdict& verdict) {
  if (verdict.level == AuditLevel::none) return {Sight::none, "nothing of it is logged"};
  if (verdict.omit_stages.contains(AuditStage::response_complete)) {
    return {Sight::none, "without stage ResponseComplete its outcome is not logged"};
  }
  switch (verdict.level) {
    case AuditLevel::metadata:
      return route.at_metadata;
    case AuditLevel::request:
      return route.at_request;
    default:
      return kAll;
  }
}

bool is_gap(const RouteSight& route) {
  return route.sight != Sight::full;
}

// Verbs that fare alike are one entry.
void add(std::vector<RouteSight>& sights, RouteSight sight) {
  const auto like = std::find_if(sights.begin(), sights.end(), [&](const RouteSight& other) {
    return other.rule == sight.rule && other.whose == sight.whose && other.sight == sight.sight;
  });
  if (like == sights.end()) {
    sights.push_back(std::move(sight));
  } else {
    like->verbs.push_back(sight.verbs.front());
  }
}

// Whose sights are told: those of everybody, and of all others or of those who fare otherwise.
enum class Others : std::uint8_t { all, faring_otherwise };

std::vector<RouteSight> sights_of(const AuditPolicy& policy, const Route& route, Others others) {
  std::vector<RouteSight> sights;
  for (const std::string_view verb : route.verbs) {
    Told everybodys;
    for (const WriteScope& scope : write_scopes(policy, std::string(verb))) {
      const Told told = told_of(route, scope.verdict);
      if (scope.whose.empty()) {
        everybodys = told;
      } else if (others == Others::faring_otherwise && told == everybodys) {
        continue;
      }
      add(sights, {std::string(route.name),
                   {std::string(verb)},
                   scope.whose,
                   scope.verdict.level,
                   scope.verdict.rule,
                   told.sight,
                   std::string(told.missing)});
    }
  }
  return sights;
}

std::vector<RouteSight> sights_of(const AuditPolicy& policy, Others others) {
  std::vector<RouteSight> all;
  for (const Route& route : known_routes()) {
    std::vector<RouteSight> sights = sights_of(policy, route, others);
    std::move(sights.begin(), sights.end(), std::back_inserter(all));
  }
  return all;
}

std::string rule_text(const std::vector<std::string_view>& verbs, int column) {
  const std::string list = fmt::format("{}", fmt::join(verbs, ", "));
  const std::string indent(static_cast<std::size_t>(std::max(0, column - 1)), ' ');
  return indent + "- level: RequestResponse\n" +  //
         indent + "  verbs: [" + list + "]\n" +   //
         indent + "  resources: [{group: \"\", resources: [services]}]\n" + indent +
         "  omitStages: [RequestReceived]\n" +  //
         indent + "  omitManagedFields: true\n";
}

PolicyAdvice advice_for(AuditPolicy policy) {
  PolicyAdvice advice;
  if (policy.omit_stages.erase(AuditStage::response_complete) > 0) {
    advice.keep_response_complete = policy.omit_stages_place;
  }
  std::vector<std::string_view> verbs;
  std::size_t before = policy.rules.size();
  for (const RouteSight& route : sights_of(policy, Others::all)) {
    if (!is_gap(route)) continue;
    before = std::min(before, route.rule.value_or(policy.rules.size()));
    for (const std::string_view verb : kWriteVerbs) {
      const bool named =
          std::find(route.verbs.begin(), route.verbs.end(), verb) != route.verbs.end();
      if (named && std::find(verbs.begin(), verbs.end(), verb) == verbs.end())
        verbs.push_back(verb);
    }
  }
  if (verbs.empty()) return advice;
  advice.rule = rule_text(verbs, policy.rules_place.column);
  if (before < policy.rules.size()) advice.before = before;
  return advice;
}

}  // namespace

PolicyReview review(const AuditPolicy& policy) {
  PolicyReview review;
  review.routes = sights_of(policy, Others::faring_otherwise);
  if (std::any_of(review.routes.begin(), review.routes.end(), is_gap)) {
    review.advice = advice_for(policy);
  }
  return review;
}

std::string decider(const AuditPolicy& policy, const RouteSight& route) {
  if (!route.rule) return "no rule";
  return name_of(policy.rules[*route.rule].place);
}

std::string name_of(const Place& place) {
  return std::filesystem::path(place.file).filename().string() + ':' + std::to_string(place.line);
}

std::string to_text(const RouteSight& route) {
  switch (route.sight) {
    case Sight::full:
      return "yes";
    case Sight::partial:
      return "partly: " + route.missing;
    case Sight::none:
      break;
  }
  return "no: " + route.missing;
}

}  // namespace nodeportd
