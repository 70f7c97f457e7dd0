#include <fmt/format.h>

#include "base/text.hpp"
#include "config/audit_policy_loader.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/report/policy_report.hpp"
#include "daemon/scan_report.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"
#include "daemon/verbs/surroundings.hpp"

namespace nodeportd {
namespace {

int refuse(const std::string& path, const Problems& problems) {
  print_problems(problems);
  fmt::print(stderr, "{}: {}\n", path, counted(problems.size(), "problem"));
  return kExitConfig;
}

int check_audit_policy(const std::string& path) {
  const LoadedAuditPolicy loaded = load_audit_policy(path, FileKinds::any);
  if (!loaded.problems.empty()) return refuse(path, loaded.problems);
  return print_review(loaded, path) ? kExitWell : kExitFailed;
}

}  // namespace

int check(const CheckCommand& command) {
  if (!command.audit_policy.empty()) return check_audit_policy(command.audit_policy);
  Setup setup = load_setup(command.config);
  LoadedAuditPolicy policy;
  if (!setup.config.audit_policy.empty()) {
    policy = load_audit_policy(setup.config.audit_policy);
    setup.problems.insert(setup.problems.end(), policy.problems.begin(), policy.problems.end());
  }
  if (!setup.problems.empty()) return refuse(command.config, setup.problems);
  fmt::print("{}: well: {}, {}, {}, {}\n", command.config,
             counted(setup.config.sources.size(), "source"), counted(setup.rules->size(), "rule"),
             counted(setup.rules->exceptions().size(), "exception"),
             counted(setup.config.sinks.size(), "sink"));
  fmt::print("\n");
  print_literals(*setup.rules);
  for (const std::string& warning : warnings_of_rules_without_literals(*setup.rules)) {
    fmt::print(stderr, "warning: {}\n", printable(warning));
  }
  for (const std::string& fault : faults_around(setup.config)) {
    fmt::print(stderr, "warning: {}\n", printable(fault));
  }
  // What it hides is no fault of the config: the daemon starts, and warns.
  if (!setup.config.audit_policy.empty()) {
    fmt::print("\n");
    (void)print_review(policy, setup.config.audit_policy);
  }
  return kExitWell;
}

}  // namespace nodeportd
