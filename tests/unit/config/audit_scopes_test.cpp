#include "config/audit_scopes.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace nodeportd;

namespace {

using Pick = std::mt19937;

bool chance(Pick& pick, unsigned percent) {
  return pick() % 100 < percent;
}

std::vector<std::string> some_of(Pick& pick, const std::vector<std::string>& all) {
  std::vector<std::string> some;
  if (chance(pick, 50)) return some;
  for (const std::string& each : all) {
    if (chance(pick, 40)) some.push_back(each);
  }
  return some;
}

AuditPolicy any_policy(Pick& pick) {
  AuditPolicy policy;
  const std::size_t rules = 1 + pick() % 6;
  for (std::size_t i = 0; i < rules; ++i) {
    AuditRule rule;
    rule.level = static_cast<AuditLevel>(pick() % 4);
    rule.users = some_of(pick, {"a", "b", "system:anonymous", "system:serviceaccount:n:s"});
    rule.user_groups = some_of(pick, {"g", "h", "system:authenticated", "system:unauthenticated",
                                      "system:serviceaccounts"});
    rule.namespaces = some_of(pick, {"n", "m", ""});
    if (chance(pick, 50)) {
      rule.resources = {{"", {"services"}, some_of(pick, {"x", "y"})}};
      if (chance(pick, 30)) rule.resources.push_back({"", {"services", "pods"}, {"z"}});
    }
    policy.rules.push_back(rule);
  }
  return policy;
}

// The deciding rules of all writes there can be in the world of any_policy(), one by one.
std::set<std::optional<std::size_t>> all_deciders(const AuditPolicy& policy,
                                                  const std::string& verb) {
  std::set<std::optional<std::size_t>> deciders;
  AuditRequest request;
  request.verb = verb;
  request.resource = "services";
  for (const std::string user : {"a", "b", "c", "system:anonymous", "system:serviceaccount:n:s"}) {
    for (unsigned membership = 0; membership < 8; ++membership) {
      request.user = user;
      request.groups = {user == "system:anonymous" ? "system:unauthenticated"
                                                   : "system:authenticated"};
      if ((membership & 1U) != 0) request.groups.emplace_back("g");
      if ((membership & 2U) != 0) request.groups.emplace_back("h");
      if ((membership & 4U) != 0 || user.starts_with("system:serviceaccount:")) {
        request.groups.emplace_back("system:serviceaccounts");
      }
      for (const char* ns : {"n", "m", "o"}) {
        for (const char* name : {"x", "y", "z", "w"}) {
          request.ns = ns;
          request.name = verb == "create" ? "" : name;
          deciders.insert(evaluate(policy, request).rule);
        }
      }
    }
  }
  return deciders;
}

}  // namespace

TEST_CASE("the scopes are those of the rules that decide about some write, and of no others") {
  Pick pick(20'261'124);
  std::size_t scopes_seen = 0;
  for (int round = 0; round < 300; ++round) {
    const AuditPolicy policy = any_policy(pick);
    for (const std::string verb : {"create", "patch"}) {
      std::set<std::optional<std::size_t>> deciders;
      for (const WriteScope& scope : write_scopes(policy, verb)) {
        deciders.insert(scope.verdict.rule);
        CHECK(scope.whose.empty() == (deciders.size() == 1));
        ++scopes_seen;
      }
      CAPTURE(round, verb);
      CHECK(deciders == all_deciders(policy, verb));
    }
  }
  CHECK(scopes_seen > 1'000);
}
