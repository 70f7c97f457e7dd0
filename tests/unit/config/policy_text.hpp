#pragma once

#include <string>

#include "config/audit_policy_loader.hpp"
#include "support/temp_dir.hpp"

namespace nodeportd::test {

// Loads an audit policy that is written in a test; its places are in a file `policy.yaml`.
inline LoadedAuditPolicy load_policy_text(const std::string& text) {
  const TempDir dir;
  const std::string path = dir / "policy.yaml";
  write_text(path, text);
  return load_audit_policy(path);
}

// Problems or remarks, a line each, without the folder.
inline std::string lines_of(Problems problems) {
  std::string lines;
  for (Problem& problem : problems) {
    problem.place.file = "policy.yaml";
    lines += to_text(problem) + "\n";
  }
  return lines;
}

// What every policy begins with: two lines.
inline const std::string kPolicyHead = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";

}  // namespace nodeportd::test
