#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/audit_policy.hpp"

namespace nodeportd {

// What an audit policy means for nodeportd: for each route by which a Service can open a node port
// (or close it again), whether the log tells what nodeportd needs.

enum class Sight : std::uint8_t {
  full,     // all that an alert tells is in the log
  partial,  // it is seen, and something of it is missing
  none,     // it is not seen
};

// One route, for everybody or for those requests that a rule of the policy takes out of that.
struct RouteSight {
  std::string route;               // `server-side apply`
  std::vector<std::string> verbs;  // those of the route that fare alike
  std::string whose;  // `user a in namespace b`; empty: everybody, what follows excepted
  AuditLevel level = AuditLevel::none;
  std::optional<std::size_t> rule;  // index of the one that decides; nullopt: none does
  Sight sight = Sight::none;
  std::string missing;  // what is not told; empty with `full`
};

// The least that would make the policy complete.
struct PolicyAdvice {
  // The policy's own omitStages holds ResponseComplete here. No rule can bring a stage back.
  std::optional<Place> keep_response_complete;
  std::string rule;                   // YAML to paste, indented as the policy's rules are
  std::optional<std::size_t> before;  // index of the rule to put it before; nullopt: at the end
};

struct PolicyReview {
  // Each route, first for everybody, then for those who fare otherwise.
  std::vector<RouteSight> routes;
  std::optional<PolicyAdvice> advice;  // nullopt: every route is seen in full
};

[[nodiscard]] PolicyReview review(const AuditPolicy& policy);

// Where the rule that decides stands: `audit-policy.yaml:12`, or `no rule` where none does.
[[nodiscard]] std::string decider(const AuditPolicy& policy, const RouteSight& route);
[[nodiscard]] std::string name_of(const Place& place);

// Whether it is logged with what is needed: `yes`, `partly: not what it opens`, `no: ...`.
[[nodiscard]] std::string to_text(const RouteSight& route);

}  // namespace nodeportd
