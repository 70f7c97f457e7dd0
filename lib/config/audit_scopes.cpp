#include "config/audit_scopes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/text.hpp"

namespace nodeportd {
namespace {

using Texts = std::vector<std::string>;

// A rule's lists can multiply; beyond this many requests a rule is taken to decide about all that
// it matches.
constexpr std::size_t kRequestsMax = 1000;
constexpr std::size_t kNamedMax = 3;  // in a text for a person

// A name that no policy lists: it stands for all that are not listed.
const std::string kUnlisted = "\x01";

constexpr std::string_view kServiceAccount = "system:serviceaccount:";
constexpr std::string_view kServiceAccounts = "system:serviceaccounts";
constexpr std::string_view kAnonymous = "system:anonymous";
constexpr std::string_view kAuthenticated = "system:authenticated";
constexpr std::string_view kUnauthenticated = "system:unauthenticated";

struct Principal {
  std::string user;
  std::string group;  // the one that the rule asks for; empty: none
};

// The groups that whoever has this name, and is in this group, is in at the very least. Whoever is
// in more of them matches more rules: these are the last to be decided about.
Texts groups_of(const Principal& who) {
  Texts groups;
  if (!who.group.empty()) groups.push_back(who.group);
  std::string_view account = who.user;
  if (account.starts_with(kServiceAccount)) {
    account.remove_prefix(kServiceAccount.size());
    groups.emplace_back(kServiceAccounts);
    groups.push_back(std::string(kServiceAccounts) + ':' +
                     std::string(account.substr(0, account.find(':'))));
  } else if (who.group.starts_with(std::string(kServiceAccounts) + ':')) {
    groups.emplace_back(kServiceAccounts);
  }
  groups.emplace_back(who.user == kAnonymous ? kUnauthenticated : kAuthenticated);
  return groups;
}

AuditRequest write_by(const Principal& who, const std::string& verb) {
  AuditRequest request;
  request.user = who.user;
  request.groups = groups_of(who);
  request.verb = verb;
  request.resource = "services";
  return request;
}

// Whoever is not authenticated is system:anonymous, and nobody else is.
bool can_be(const Principal& who) {
  if (who.user == kAnonymous) return who.group != kAuthenticated;
  return who.group != kUnauthenticated;
}

std::vector<Principal> principals_of(const AuditRule& rule) {
  Texts users = rule.users;
  Texts groups = rule.user_groups;
  if (users.empty()) users = {kUnlisted, std::string(kAnonymous)};
  if (groups.empty()) groups = {""};
  std::vector<Principal> all;
  for (const std::string& user : users) {
    for (const std::string& group : groups) {
      if (can_be({user, group})) all.push_back({user, group});
    }
  }
  return all;
}

// The names of Services to which a rule is bound by its resourceNames; empty: to none.
Texts names_of(const AuditRule& rule) {
  Texts names;
  AuditRequest any_service;
  any_service.resource = "services";
  for (const ResourceSelector& each : rule.resources) {
    ResourceSelector any_name = each;
    any_name.resource_names.clear();
    if (!matches(any_name, any_service)) continue;
    if (each.resource_names.empty()) return {};
    names.insert(names.end(), each.resource_names.begin(), each.resource_names.end());
  }
  return names;
}

// Whether requests of this verb name their object in the path.
bool has_name(std::string_view verb) {
  return verb != "create" && verb != "deletecollection";
}

Texts without_empty(Texts texts) {
  std::erase(texts, "");
  return texts;
}

void add_new(Texts& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

std::string named(std::string_view noun, const Texts& names) {
  const std::span shown = std::span(names).first(std::min(names.size(), kNamedMax));
  std::string text =
      fmt::format("{}{} {}", noun, names.size() > 1 ? "s" : "", fmt::join(shown, ", "));
  if (names.size() > kNamedMax) text += fmt::format(" and {} more", names.size() - kNamedMax);
  return text;
}

// What a rule is bound to, as far as requests that it decides about have it.
struct Share {
  Texts users;
  Texts groups;
  Texts namespaces;
  Texts names;
  bool is_empty = true;

  void add(const AuditRule& rule, const Principal& who, const AuditRequest& request) {
    is_empty = false;
    add_new(users, who.user);
    if (!rule.user_groups.empty()) add_new(groups, who.group);
    if (!rule.namespaces.empty()) add_new(namespaces, request.ns);
    if (request.name != kUnlisted && !request.name.empty()) add_new(names, request.name);
  }

  [[nodiscard]] std::string whose() const {
    std::string text;
    const auto append = [&](const std::string& before, const std::string& part) {
      text += (text.empty() ? "" : before) + part;
    };
    if (users.front() != kUnlisted) append("", named("user", users));
    if (!groups.empty()) append(" in ", named("group", groups));
    if (!namespaces.empty()) append(" in ", named("namespace", namespaces));
    if (!names.empty()) append(" on ", named("Service", names));
    return text;
  }
};

Share share_of(const AuditPolicy& policy, std::optional<std::size_t> index,
               const std::string& verb) {
  static const AuditRule no_rule;
  const AuditRule& rule = index ? policy.rules[*index] : no_rule;
  const std::vector<Principal> principals = principals_of(rule);
  const Texts namespaces =
      rule.namespaces.empty() ? Texts{kUnlisted} : without_empty(rule.namespaces);
  const Texts bound_names = names_of(rule);
  Texts names = {""};
  if (has_name(verb)) names = bound_names.empty() ? Texts{kUnlisted} : without_empty(bound_names);
  const bool too_many = principals.size() * namespaces.size() * names.size() > kRequestsMax;

  Share share;
  for (const Principal& who : principals) {
    AuditRequest request = write_by(who, verb);
    for (const std::string& ns : namespaces) {
      request.ns = ns;
      for (const std::string& name : names) {
        request.name = name;
        const bool decides =
            too_many ? matches(rule, request) : evaluate(policy, request).rule == index;
        if (decides) share.add(rule, who, request);
      }
    }
  }
  return share;
}

}  // namespace

std::vector<WriteScope> write_scopes(const AuditPolicy& policy, const std::string& verb) {
  AuditRequest unlisted = write_by({kUnlisted, ""}, verb);
  unlisted.ns = kUnlisted;
  if (has_name(verb)) unlisted.name = kUnlisted;
  std::vector<WriteScope> scopes = {{evaluate(policy, unlisted), ""}};
  const auto everybodys = scopes.front().verdict.rule;
  for (std::size_t i = 0; i <= policy.rules.size(); ++i) {
    const std::optional<std::size_t> rule =
        i < policy.rules.size() ? std::optional(i) : std::nullopt;
    if (rule == everybodys) continue;
    const Share share = share_of(policy, rule, verb);
    if (!share.is_empty) scopes.push_back({verdict_of(policy, rule), share.whose()});
  }
  return scopes;
}

}  // namespace nodeportd
