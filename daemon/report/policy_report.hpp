#pragma once

#include <optional>
#include <string>

#include "config/audit_policy_loader.hpp"
#include "model/notice.hpp"

namespace nodeportd {

// What a person is told of the audit policy that kube-apiserver runs with.

// Prints what the policy lets us see by each route, and the rule to add where that is not all.
// Returns whether it is all. The policy has no problems; its remarks go to stderr.
[[nodiscard]] bool print_review(const LoadedAuditPolicy& loaded, const std::string& path);

// The alert `policy.blind`: what the policy at `path` hides, a fact for each route, or why it
// cannot be judged. nullopt: it hides nothing.
[[nodiscard]] std::optional<Notice> blindness(const std::string& path);

}  // namespace nodeportd
