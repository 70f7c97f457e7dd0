// Real rules and real events: SigmaHQ's rules for this log, the shipped rule on a recorded one.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "decode/scan.hpp"
#include "match/exposure_path.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

const std::string kCorpus = NODEPORTD_CORPUS;
const std::string kShipped = NODEPORTD_RULES;

RuleSet load_set(const std::string& path) {
  Problems problems;
  auto rules = load_rule_files({path}, problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(problems.empty());
  return {std::move(rules), {}};
}

// The titles of the rules that match.
std::set<std::string> titles(const RuleSet& rules, const std::string& json) {
  std::set<std::string> names;
  for (const Match& match : test::matches_of(rules, test::Event(json))) {
    names.insert(rules.catalog()[match.rule].name);
  }
  return names;
}

TEST_CASE("SigmaHQ's 16 rules for the Kubernetes audit log load and match what they describe") {
  const std::string folder = kCorpus + "/sigma/rules";
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: no corpus beside the repository");
    return;
  }
  const RuleSet rules = load_set(folder);
  REQUIRE(rules.size() == 16);
  CHECK(titles(rules, R"({"verb":"delete","objectRef":{"resource":"deployments"}})") ==
        std::set<std::string>{"Deployment Deleted From Kubernetes Cluster"});
  CHECK(titles(rules, R"({"verb":"create","objectRef":{"resource":"pods","subresource":"exec",
                          "namespace":"kube-system"},"responseStatus":{"code":403}})") ==
        std::set<std::string>{"Potential Remote Command Execution In Pod Container",
                              "Creation Of Pod In System Namespace",
                              "Kubernetes Unauthorized or Unauthenticated Access"});
  CHECK(titles(rules, R"({"verb":"patch","objectRef":{"resource":"secrets"}})") ==
        std::set<std::string>{"Kubernetes Secrets Modified or Deleted"});
  CHECK(titles(rules, R"({"verb":"update","objectRef":{"resource":"rolebindings",
                          "apiGroup":"rbac.authorization.k8s.io"}})") ==
        std::set<std::string>{"Kubernetes Rolebinding Modification"});
  CHECK(titles(rules, R"({"requestURI":"/api/v1/x?command=%2Fbin%2Fbash",
                          "responseStatus":{"code":"allow"}})") ==
        std::set<std::string>{"Kubernetes Potential Enumeration Activity"});
  CHECK(titles(rules, R"({"verb":"get","objectRef":{"resource":"pods"}})").empty());
}

TEST_CASE("the shipped rule is Splunk's detection, field for field") {
  const RuleSet rules = load_set(kShipped + "/kubernetes_node_port_creation.yml");
  REQUIRE(rules.size() == 1);
  const Rule& rule = rules.catalog()[0];
  CHECK(rule.name == "Kubernetes Node Port Creation");
  CHECK(rule.id == "d7fc865e-b8a1-4029-a960-cf4403b821b6");
  CHECK(rule.level == Level::medium);
  CHECK(mitre_attack_ids(rule.tags) == std::vector<std::string>{"T1204"});
  std::vector<std::string> columns;
  for (const NamedField& field : rule.aggregate.group_by) columns.push_back(field.name);
  CHECK(columns == std::vector<std::string>{"kind", "objectRef.name", "objectRef.namespace",
                                            "objectRef.resource", "requestObject.kind",
                                            "requestObject.spec.type", "responseStatus.code",
                                            "src_ip", "stage", "user", "userAgent", "verb"});
  REQUIRE(rule.risk);
  CHECK(rule.risk->score() == 49);
  CHECK(rule.risk->message == "Kubernetes node port creation from user $user$");
  CHECK(rules.literals() == std::vector<Literals>{{{"nodeport"}}, exposure_literals()});

  const test::Event event(R"({"kind":"Event","stage":"ResponseComplete","verb":"create",
      "user":{"username":"eve","groups":["system:authenticated","dev"]},"sourceIPs":["b","a"],
      "userAgent":"kubectl","objectRef":{"resource":"services","namespace":"ns"},
      "responseStatus":{"code":201},
      "requestObject":{"kind":"Service","spec":{"type":"nodeport"}}})");
  const auto matches = test::matches_of(rules, event);
  REQUIRE(matches.size() == 1);
  const Group first = {"Event",    "0",     "ns", "services",         "Service",
                       "nodeport", "201",   "a",  "ResponseComplete", "eve",
                       "kubectl",  "create"};
  Group second = first;
  second[7] = "b";
  CHECK(matches[0].groups == std::vector<Group>{first, second});
  CHECK(matches[0].values ==
        std::vector<std::vector<std::string>>{{"dev", "system:authenticated"}});
}

TEST_CASE("the examples of docs/RULES.md are accepted") {
  std::ifstream page(NODEPORTD_DOCS "/RULES.md");
  const std::string text(std::istreambuf_iterator<char>(page), {});
  const auto example = [&](std::size_t after) {
    const std::size_t fence = text.find("```yaml\n", after);
    REQUIRE(fence != std::string::npos);
    return text.substr(fence + 8, text.find("```", fence + 8) - fence - 8);
  };
  const CompiledRule rule = test::compile(example(0));
  CHECK(rule.rule.risk->score() == 49);
  const test::Event inside(R"({"verb":"create","objectRef":{"resource":"services"},
      "requestObject":{"spec":{"type":"NodePort"}},"sourceIPs":["10.2.3.4"]})");
  CHECK_FALSE(rule.detection.matches(inside.root(), Reading::as_apiserver));

  Problems problems;
  auto rules = load_rule_files({kShipped}, problems);
  const auto config = parse_yaml(example(text.find("## Exceptions")), "c.yaml", problems);
  REQUIRE(config.size() == 1);
  const auto exceptions = load_exceptions(*config[0].find("exceptions"), "c.yaml", rules, problems);
  CHECK(problems.empty());
  CHECK(exceptions.size() == 1);
}

TEST_CASE("on a recorded log the shipped rule finds what Splunk's search finds") {
  const std::string path = kCorpus + "/apiserver/audit.log";
  if (!std::filesystem::exists(path)) {
    WARN("skipped: no corpus beside the repository");
    return;
  }
  std::ifstream truth(kCorpus + "/apiserver/truth.json");
  const std::string facts(std::istreambuf_iterator<char>(truth), {});
  const RuleSet rules = load_set(kShipped + "/kubernetes_node_port_creation.yml");
  const Scan scan(rules.literals(), rules.words_besides());
  std::set<std::string> found;
  std::size_t rows = 0;
  std::ifstream log(path);
  for (std::string line; std::getline(log, line);) {
    const test::Event event(line);
    const auto matches = test::matches_of(rules, event);
    CHECK(matches.size() == (rules.splunk_row(0, event.event()) ? 1 : 0));
    if (matches.empty()) continue;
    CHECK(scan.may_match(line));
    rows += matches[0].groups.size();
    found.insert(matches[0].event.audit_id);
  }
  CHECK(rows == 6);
  // Each step of the truth that the search finds names its audit id last.
  std::set<std::string> expected;
  for (std::size_t at = 0; (at = facts.find("\"splunk\": ", at)) != std::string::npos; ++at) {
    const std::size_t id = facts.find("\"auditID\": \"", at) + 12;
    if (facts.compare(at + 10, 4, "true") == 0) expected.insert(facts.substr(id, 36));
  }
  CHECK(expected.size() == 6);
  CHECK(found == expected);
}

}  // namespace
}  // namespace nodeportd
