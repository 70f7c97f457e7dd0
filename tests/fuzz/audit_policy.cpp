// The loader of audit policies and their review: the first rule that matches a request decides it,
// and what the review advises makes a policy with which every route is seen.
#include <string>
#include <vector>

#include "config/audit_policy_loader.hpp"
#include "config/policy_review.hpp"
#include "fuzz/hold.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/problems.hpp"

namespace nodeportd::fuzz {
namespace {

LoadedAuditPolicy load(const std::string& text) {
  const MemoryFile file(text);
  LoadedAuditPolicy loaded = load_audit_policy(file.path());
  check_places(loaded.problems, text, file.path());
  check_places(loaded.remarks, text, file.path());
  return loaded;
}

std::vector<AuditRequest> requests() {
  AuditRequest create;
  create.user = "alice";
  create.groups = {"dev", "system:authenticated"};
  create.verb = "create";
  create.resource = "services";
  create.ns = "shop";
  AuditRequest patch = create;
  patch.verb = "patch";
  patch.subresource = "status";
  patch.name = "web";
  AuditRequest pods = create;
  pods.resource = "pods";
  pods.user = "system:admin";
  AuditRequest health;
  health.kind = AuditRequest::Kind::non_resource;
  health.verb = "get";
  health.path = "/healthz";
  return {create, patch, pods, health};
}

void check_decision(const AuditPolicy& policy, const AuditRequest& request) {
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < policy.rules.size() && !first; ++i) {
    if (matches(policy.rules[i], request)) first = i;
  }
  const AuditVerdict verdict = evaluate(policy, request);
  hold(verdict.rule == first, "the first rule that matches decides");
  hold(verdict.level == (first ? policy.rules[*first].level : AuditLevel::none),
       "the level is that rule's, or None");
  hold(verdict == verdict_of(policy, first), "the rest of the verdict is that rule's too");
}

// The policy with what is advised, as an operator would paste it.
AuditPolicy advised(AuditPolicy policy, const PolicyAdvice& advice) {
  if (advice.keep_response_complete) policy.omit_stages.erase(AuditStage::response_complete);
  if (advice.rule.empty()) return policy;
  const LoadedAuditPolicy pasted =
      load("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n" + advice.rule + '\n');
  hold(pasted.problems.empty() && pasted.policy.rules.size() == 1, "what is advised is a rule");
  const auto at = advice.before.value_or(policy.rules.size());
  hold(at <= policy.rules.size(), "it has a place among the others");
  policy.rules.insert(policy.rules.begin() + static_cast<std::ptrdiff_t>(at),
                      pasted.policy.rules.front());
  return policy;
}

void check_review(const AuditPolicy& policy) {
  const PolicyReview found = review(policy);
  bool all_full = true;
  for (const RouteSight& route : found.routes) {
    const bool is_full = route.sight == Sight::full;
    all_full = all_full && is_full;
    hold(is_full == route.missing.empty(), "what is not seen in full misses something");
    hold(!route.rule || *route.rule < policy.rules.size(), "a rule of the policy decides");
    hold(!to_text(route).empty() && !decider(policy, route).empty(), "a route can be told of");
  }
  hold(!found.routes.empty() && found.advice.has_value() != all_full,
       "advice is given where something is not seen");
  if (!found.advice) return;
  hold(!review(advised(policy, *found.advice)).advice, "what is advised suffices");
}

void run(const std::string& text) {
  const LoadedAuditPolicy loaded = load(text);
  if (!loaded.problems.empty()) return;
  hold(!loaded.policy.rules.empty(), "a policy has a rule");
  for (const AuditRequest& request : requests()) check_decision(loaded.policy, request);
  check_review(loaded.policy);
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
