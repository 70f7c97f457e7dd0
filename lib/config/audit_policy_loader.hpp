#pragma once

#include <string>

#include "base/files.hpp"
#include "base/problem.hpp"
#include "config/audit_policy.hpp"

namespace nodeportd {

struct LoadedAuditPolicy {
  AuditPolicy policy;
  Problems
      problems;  // the apiserver would not start; when there are any, `policy` is not to be used
  Problems remarks;  // it starts, and does other than the author seems to have meant
};

// Reads a policy and finds everything for which a kube-apiserver refuses it (pkg/audit/policy/
// reader.go and pkg/apis/audit/validation of k8s.io/apiserver), with its place. Stricter than that
// where parse_yaml() is: duplicate keys, `<<` and tags are problems too. Keys that it does not know
// the apiserver ignores (with a line in its log since 1.22), which can make a rule match more than
// it says: they are remarks.
[[nodiscard]] LoadedAuditPolicy load_audit_policy(const std::string& path,
                                                  FileKinds kinds = FileKinds::regular);

}  // namespace nodeportd
