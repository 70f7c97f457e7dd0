#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"

namespace nodeportd {

// A kube-apiserver's audit policy, decided as k8s.io/apiserver's pkg/audit/policy/checker.go does.

enum class AuditLevel : std::uint8_t { none, metadata, request, request_response };
// As a policy spells it: `RequestResponse`.
[[nodiscard]] std::string_view to_text(AuditLevel level);
[[nodiscard]] std::optional<AuditLevel> parse_audit_level(std::string_view text);

enum class AuditStage : std::uint8_t {
  request_received,
  response_started,
  response_complete,
  panic
};
using AuditStages = std::set<AuditStage>;
[[nodiscard]] std::string_view to_text(AuditStage stage);
[[nodiscard]] std::optional<AuditStage> parse_audit_stage(std::string_view text);

// One entry of a rule's `resources`.
struct ResourceSelector {
  std::string group;                        // empty: the core group
  std::vector<std::string> resources;       // `pods`, `pods/log`, `pods/*`, `*/status`, `*`
  std::vector<std::string> resource_names;  // empty: every object, and requests that name none
};

// Empty lists ask for nothing; `*` is no wildcard but in `resources` and `non_resource_urls`.
struct AuditRule {
  Place place;
  AuditLevel level = AuditLevel::none;
  std::vector<std::string> users;
  std::vector<std::string> user_groups;
  std::vector<std::string> verbs;
  std::vector<ResourceSelector> resources;
  std::vector<std::string> namespaces;  // an empty text: requests outside of namespaces
  std::vector<std::string> non_resource_urls;
  AuditStages omit_stages;
  std::optional<bool> omit_managed_fields;
};

struct AuditPolicy {
  std::vector<AuditRule> rules;  // in the order of the file, at least one
  Place rules_place;             // of the list itself
  AuditStages omit_stages;       // of every rule, in addition to its own
  Place omit_stages_place;
  bool omit_managed_fields = false;
};

// A request as the apiserver shows it to the policy: after authentication and before
// impersonation, so `user` is never the impersonated one
// (DefaultBuildHandlerChain in pkg/server/config.go puts WithAudit outside of WithImpersonation).
// What it knows of the object comes from the path alone: a POST has no `name`.
struct AuditRequest {
  enum class Kind : std::uint8_t { resource, non_resource };
  Kind kind = Kind::resource;
  std::string user;
  std::vector<std::string> groups;
  std::string verb;
  std::string group;
  std::string resource;
  std::string subresource;
  std::string ns;
  std::string name;
  std::string path;  // of a non-resource request
};

struct AuditVerdict {
  AuditLevel level = AuditLevel::none;
  AuditStages omit_stages;
  bool omit_managed_fields = false;
  std::optional<std::size_t> rule;  // index of the one that decides; nullopt: none does
  bool operator==(const AuditVerdict&) const = default;
};

[[nodiscard]] bool matches(const AuditRule& rule, const AuditRequest& request);
// Of one selector alone, for a request of kind resource.
[[nodiscard]] bool matches(const ResourceSelector& selector, const AuditRequest& request);

// What the policy says where this rule is the first to match; nullopt: where none matches.
[[nodiscard]] AuditVerdict verdict_of(const AuditPolicy& policy, std::optional<std::size_t> rule);

// The first rule that matches decides; where none does, the level is None.
[[nodiscard]] AuditVerdict evaluate(const AuditPolicy& policy, const AuditRequest& request);

}  // namespace nodeportd
