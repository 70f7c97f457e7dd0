#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "config/audit_policy.hpp"

namespace nodeportd {

// The verbs that write core/v1 Services.
inline constexpr std::array<std::string_view, 5> kWriteVerbs = {"create", "update", "patch",
                                                                "delete", "deletecollection"};

// Those writes of Services about which one rule decides.
struct WriteScope {
  AuditVerdict verdict;
  std::string whose;  // `user a in namespace b`; empty: everybody whom no other scope names
};

// Cuts all writes of Services by one verb into the scopes of the rules that decide about them:
// everybody's first, the others in the order of the policy. A rule for whose requests others have
// decided already has none.
[[nodiscard]] std::vector<WriteScope> write_scopes(const AuditPolicy& policy,
                                                   const std::string& verb);

}  // namespace nodeportd
