#include "config/audit_policy.hpp"

#include <algorithm>
#include <array>

namespace nodeportd {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"None", "Metadata", "Request",
                                                     "RequestResponse"};
constexpr std::array<std::string_view, 4> kStages = {"RequestReceived", "ResponseStarted",
                                                     "ResponseComplete", "Panic"};

template <typename Enum>
std::optional<Enum> parse(const std::array<std::string_view, 4>& names, std::string_view text) {
  const auto* found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_empty_or_contains(const std::vector<std::string>& list, std::string_view text) {
  return list.empty() || contains(list, text);
}

bool matches_path(std::string_view pattern, std::string_view path) {
  if (pattern == path) return true;
  if (!pattern.ends_with('*')) return false;
  pattern.remove_suffix(1);  // a `*` elsewhere is refused when the policy is loaded
  return path.starts_with(pattern);
}

bool matches_resource(std::string_view pattern, const AuditRequest& request) {
  if (pattern == "*") return true;
  const std::string_view subresource = request.subresource;
  if (subresource.empty() && pattern == request.resource) return true;
  const std::size_t slash = pattern.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view before = pattern.substr(0, slash);
  const std::string_view after = pattern.substr(slash + 1);
  // `services/*` matches plain `services` too: checker.go looks at the resource alone there.
  if (after == "*" && before == request.resource) return true;
  if (subresource.empty() || after != subresource) return false;
  return before == "*" || before == request.resource;
}

}  // namespace

std::string_view to_text(AuditLevel level) {
  return kLevels[static_cast<std::size_t>(level)];
}

std::optional<AuditLevel> parse_audit_level(std::string_view text) {
  return parse<AuditLevel>(kLevels, text);
}

std::string_view to_text(AuditStage stage) {
  return kStages[static_cast<std::size_t>(stage)];
}

std::optional<AuditStage> parse_audit_stage(std::string_view text) {
  return parse<AuditStage>(kStages, text);
}

bool matches(const ResourceSelector& selector, const AuditRequest& request) {
  if (selector.group != request.group) return false;
  if (selector.resources.empty()) return true;
  if (!is_empty_or_contains(selector.resource_names, request.name)) return false;
  return std::any_of(
      selector.resources.begin(), selector.resources.end(),
      [&](const std::string& pattern) { return matches_resource(pattern, request); });
}

bool matches(const AuditRule& rule, const AuditRequest& request) {
  if (!is_empty_or_contains(rule.users, request.user)) return false;
  const auto listed = [&](const std::string& group) { return contains(rule.user_groups, group); };
  if (!rule.user_groups.empty() &&
      std::none_of(request.groups.begin(), request.groups.end(), listed)) {
    return false;
  }
  if (!is_empty_or_contains(rule.verbs, request.verb)) return false;

  if (!rule.namespaces.empty() || !rule.resources.empty()) {
    if (request.kind != AuditRequest::Kind::resource) return false;
    if (!is_empty_or_contains(rule.namespaces, request.ns)) return false;
    return rule.resources.empty() ||
           std::any_of(rule.resources.begin(), rule.resources.end(),
                       [&](const ResourceSelector& each) { return matches(each, request); });
  }
  if (rule.non_resource_urls.empty()) return true;
  return request.kind == AuditRequest::Kind::non_resource &&
         std::any_of(rule.non_resource_urls.begin(), rule.non_resource_urls.end(),
                     [&](const std::string& each) { return matches_path(each, request.path); });
}

AuditVerdict verdict_of(const AuditPolicy& policy, std::optional<std::size_t> rule) {
  AuditVerdict verdict{AuditLevel::none, policy.omit_stages, policy.omit_managed_fields, rule};
  if (!rule) return verdict;
  const AuditRule& decider = policy.rules[*rule];
  verdict.level = decider.level;
  verdict.omit_stages.insert(decider.omit_stages.begin(), decider.omit_stages.end());
  verdict.omit_managed_fields = decider.omit_managed_fields.value_or(policy.omit_managed_fields);
  return verdict;
}

AuditVerdict evaluate(const AuditPolicy& policy, const AuditRequest& request) {
  const auto first = std::find_if(policy.rules.begin(), policy.rules.end(),
                                  [&](const AuditRule& rule) { return matches(rule, request); });
  if (first == policy.rules.end()) return verdict_of(policy, std::nullopt);
  return verdict_of(policy, static_cast<std::size_t>(first - policy.rules.begin()));
}

}  // namespace nodeportd
