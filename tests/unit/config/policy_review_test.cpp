#include "config/policy_review.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "unit/config/policy_text.hpp"

using namespace nodeportd;
using namespace nodeportd::test;

namespace {

LoadedAuditPolicy load_clean(const std::string& text) {
  LoadedAuditPolicy loaded = load_policy_text(text);
  INFO(text << lines_of(loaded.problems));
  REQUIRE(loaded.problems.empty());
  return loaded;
}

std::string lines_of(const AuditPolicy& policy, const std::vector<RouteSight>& routes) {
  std::string lines;
  for (const RouteSight& route : routes) {
    std::string verbs;
    for (const std::string& verb : route.verbs) verbs += (verbs.empty() ? "" : " ") + verb;
    lines += route.route + " [" + verbs + "] " + (route.whose.empty() ? "" : route.whose + ' ') +
             decider(policy, route) + ' ' + std::string(to_text(route.level)) + ": " +
             to_text(route) + "\n";
  }
  return lines;
}

// Everything that is not seen in full.
std::string gaps_of(const std::string& text) {
  const AuditPolicy policy = load_clean(text).policy;
  std::vector<RouteSight> gaps;
  for (const RouteSight& route : review(policy).routes) {
    if (route.sight != Sight::full) gaps.push_back(route);
  }
  return lines_of(policy, gaps);
}

// Who or what is seen worse than by the rule for everybody, by `create` and by `update` alone.
std::string holes_of(const std::string& rules) {
  std::istringstream gaps(gaps_of(kPolicyHead + "rules:\n" + rules));
  std::string holes;
  for (std::string line; std::getline(gaps, line);) {
    const bool wanted = line.starts_with("create: ") || line.starts_with("update ");
    if (wanted) holes += line.substr(line.find('[')) + "\n";
  }
  return holes;
}

std::string with_advice(const std::string& text, const AuditPolicy& policy,
                        const PolicyAdvice& advice) {
  std::istringstream lines(text);
  std::string result;
  int number = 0;
  const int before = advice.before ? policy.rules[*advice.before].place.line : -1;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (number == before) result += advice.rule;
    if (advice.keep_response_complete && advice.keep_response_complete->line == number) continue;
    result += line + "\n";
  }
  return advice.before ? result : result + advice.rule;
}

// What kubeadm's users start with.
const std::string kMetadataOnly = kPolicyHead + "rules:\n- level: Metadata\n";

// In the shape of the example in Kubernetes' documentation.
const std::string kDocumented = kPolicyHead +
                                "omitStages:\n"
                                "  - RequestReceived\n"
                                "rules:\n"
                                "  - level: RequestResponse\n"
                                "    resources:\n"
                                "    - group: ''\n"
                                "      resources: [pods]\n"
                                "  - level: None\n"
                                "    users: ['system:kube-proxy']\n"
                                "    verbs: [watch]\n"
                                "    resources: [{resources: [endpoints, services]}]\n"
                                "  - level: None\n"
                                "    userGroups: ['system:authenticated']\n"
                                "    nonResourceURLs: ['/api*', /version]\n"
                                "  - level: Metadata\n"
                                "    resources: [{resources: [secrets, configmaps]}]\n"
                                "  # Everything else in core.\n"
                                "  - level: Request\n"
                                "    resources: [{group: ''}, {group: extensions}]\n"
                                "  - level: Metadata\n"
                                "    omitStages: [RequestReceived]\n";

// In the shape of the policy that Google's clusters run with.
const std::string kGoogles =
    kPolicyHead +
    "rules:\n"
    "  - level: None\n"
    "    users: ['system:kube-proxy']\n"
    "    verbs: [watch]\n"
    "    resources: [{resources: [endpoints, services, services/status]}]\n"
    "  - level: None\n"
    "    userGroups: ['system:nodes']\n"
    "    verbs: [get]\n"
    "    resources: [{resources: [nodes, nodes/status]}]\n"
    "  - level: None\n"
    "    nonResourceURLs: ['/healthz*', /version, '/swagger*']\n"
    "  - level: Request\n"
    "    users: ['system:serviceaccount:kube-system:namespace-controller']\n"
    "    verbs: [deletecollection]\n"
    "    omitStages: [RequestReceived]\n"
    "  - level: Metadata\n"
    "    resources: [{resources: [secrets, configmaps, "
    "serviceaccounts/token]}]\n"
    "  - level: Request\n"
    "    verbs: [get, list, watch]\n"
    "    resources: [{group: ''}, {group: apps}]\n"
    "  - level: RequestResponse\n"
    "    resources: [{group: ''}, {group: apps}]\n"
    "    omitStages: [RequestReceived]\n"
    "  - level: Metadata\n"
    "    omitStages: [RequestReceived]\n";

const std::string kSeesNothing =
    kPolicyHead + "rules:\n- level: Metadata\n  resources:\n  - group: apps\n";

const std::string kWithoutOutcome = kPolicyHead +
                                    "omitStages: [RequestReceived, ResponseComplete]\n"
                                    "rules:\n"
                                    "- level: RequestResponse\n";

}  // namespace

TEST_CASE("the shipped policy lets every route be seen in full by everybody") {
  const LoadedAuditPolicy loaded =
      load_audit_policy(std::string(NODEPORTD_SOURCE_DIR) + "/config/audit-policy.yaml");
  CHECK(loaded.problems.empty());
  CHECK(loaded.remarks.empty());
  const PolicyReview reviewed = review(loaded.policy);
  CHECK_FALSE(reviewed.advice);
  CHECK(reviewed.routes.size() == 10);
  for (const RouteSight& route : reviewed.routes) {
    CAPTURE(route.route);
    CHECK(to_text(route) == "yes");
    CHECK(route.level == AuditLevel::request_response);
    CHECK(route.rule == 0);
    CHECK(route.whose.empty());
  }
  AuditRequest write;
  write.resource = "services";
  write.verb = "patch";
  CHECK(evaluate(loaded.policy, write).omit_managed_fields);
}

TEST_CASE("the README shows the shipped policy, its comments aside") {
  const std::string root = NODEPORTD_SOURCE_DIR;
  const std::string readme = read_text(root + "/README.md");
  const std::size_t begin = readme.find("apiVersion: audit.k8s.io/v1\n");
  REQUIRE(begin != std::string::npos);
  const std::string shown = readme.substr(begin, readme.find("```", begin) - begin);
  const std::string shipped = read_text(root + "/config/audit-policy.yaml");
  std::string bare;
  std::istringstream lines(shipped);
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('#'));
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) bare += line + "\n";
  }
  CHECK(shown == bare);
}

TEST_CASE("at level Metadata a write is seen, and not what it opens") {
  CHECK(gaps_of(kMetadataOnly) ==
        "create: NodePort, LoadBalancer, external IPs [create] policy.yaml:4 Metadata: partly: not "
        "what it opens; an alert says that it could not be inspected\n"
        "create with generateName [create] policy.yaml:4 Metadata: partly: not what it opens; an "
        "alert says that it could not be inspected\n"
        "update (replace) [update] policy.yaml:4 Metadata: partly: not what it opens; an alert "
        "says that it could not be inspected\n"
        "merge or strategic merge patch of the type [patch] policy.yaml:4 Metadata: partly: not "
        "what it opens; an alert says that it could not be inspected\n"
        "server-side apply [patch] policy.yaml:4 Metadata: partly: not what it opens; an alert "
        "says that it could not be inspected\n"
        "JSON patch [patch] policy.yaml:4 Metadata: partly: not what it opens; an alert says that "
        "it could not be inspected\n"
        "port added to an open Service [patch] policy.yaml:4 Metadata: partly: not what it opens; "
        "an alert says that it could not be inspected\n"
        "change by a mutating webhook [create update patch] policy.yaml:4 Metadata: partly: not "
        "what it opens; an alert says that it could not be inspected\n"
        "delete of many at once [deletecollection] policy.yaml:4 Metadata: partly: not which "
        "Services it closes\n");
}

TEST_CASE("at level Request what the apiserver or a webhook adds is not seen") {
  CHECK(gaps_of(kDocumented) ==
        "create: NodePort, LoadBalancer, external IPs [create] policy.yaml:20 Request: partly: not "
        "the node port numbers that the apiserver chooses\n"
        "create with generateName [create] policy.yaml:20 Request: partly: not the Service's name, "
        "nor the node port numbers that the apiserver chooses\n"
        "update (replace) [update] policy.yaml:20 Request: partly: not the node port numbers that "
        "the apiserver chooses\n"
        "merge or strategic merge patch of the type [patch] policy.yaml:20 Request: partly: not "
        "the node port numbers that the apiserver chooses\n"
        "server-side apply [patch] policy.yaml:20 Request: partly: not the node port numbers that "
        "the apiserver chooses\n"
        "JSON patch [patch] policy.yaml:20 Request: partly: not what it opens; an alert says that "
        "it could not be inspected\n"
        "port added to an open Service [patch] policy.yaml:20 Request: partly: not what it opens; "
        "an alert says that it could not be inspected\n"
        "change by a mutating webhook [create update patch] policy.yaml:20 Request: no: the "
        "request does not show what the webhook makes of it\n"
        "delete of many at once [deletecollection] policy.yaml:20 Request: partly: not which "
        "Services it closes\n");
}

TEST_CASE("rules for reads, for other resources and for URLs take no write away") {
  CHECK(gaps_of(kGoogles) ==
        "delete of many at once [deletecollection] user "
        "system:serviceaccount:kube-system:namespace-controller policy.yaml:14 Request: partly: "
        "not which Services it closes\n");
}

TEST_CASE("without stage ResponseComplete nothing is seen, and what omits it is named") {
  const AuditPolicy policy = load_clean(kWithoutOutcome).policy;
  const PolicyReview reviewed = review(policy);
  for (const RouteSight& route : reviewed.routes) {
    CHECK(to_text(route) == "no: without stage ResponseComplete its outcome is not logged");
  }
  REQUIRE(reviewed.advice);
  REQUIRE(reviewed.advice->keep_response_complete);
  CHECK(name_of(*reviewed.advice->keep_response_complete) == "policy.yaml:3");
  CHECK(reviewed.advice->rule.empty());
  CHECK(gaps_of(kPolicyHead + "omitStages: [RequestReceived, Panic]\n"
                              "rules: [{level: RequestResponse}]\n")
            .empty());
}

TEST_CASE("a rule that takes some writes away is told with whose they are") {
  struct Case {
    std::string rules;
    std::string holes;
  };
  const std::string all = "- level: RequestResponse\n";
  const std::string none = ": no: nothing of it is logged\n";
  const auto c = GENERATE_COPY(values<Case>({
      {"- {level: None, users: [a, 'system:kube-proxy']}\n" + all,
       "[create] users a, system:kube-proxy policy.yaml:4 None" + none +
           "[update] users a, system:kube-proxy policy.yaml:4 None" + none},
      {"- {level: None, userGroups: ['system:nodes'], verbs: [get, update]}\n" + all,
       "[update] group system:nodes policy.yaml:4 None" + none},
      {"- {level: None, namespaces: [kube-system, '']}\n" + all,
       "[create] namespace kube-system policy.yaml:4 None" + none +
           "[update] namespace kube-system policy.yaml:4 None" + none},
      {"- {level: None, namespaces: ['']}\n" + all, ""},
      {"- {level: None, users: [u], namespaces: [n], resources: [{resources: ['*']}]}\n" + all,
       "[create] user u in namespace n policy.yaml:4 None" + none +
           "[update] user u in namespace n policy.yaml:4 None" + none},
      // A POST names no object in its path.
      {"- {level: None, resources: [{resources: [services], resourceNames: [a, b, c, d]}]}\n" + all,
       "[update] Services a, b, c and 1 more policy.yaml:4 None" + none},
      {"- {level: None, resources: [{resources: [services], resourceNames: [a]}, {group: ''}]}\n",
       "[create] policy.yaml:4 None" + none + "[update] policy.yaml:4 None" + none},
      {"- {level: None, resources: [{resources: [services/status, '*/status', pods]}]}\n" + all,
       ""},
      {"- {level: None, resources: [{group: serving.knative.dev, resources: [services]}]}\n" + all,
       ""},
      // Others have decided already.
      {"- {level: RequestResponse, users: [a]}\n- {level: None, users: [a, b]}\n" + all,
       "[create] user b policy.yaml:5 None" + none + "[update] user b policy.yaml:5 None" + none},
      {all + "- {level: None, users: [a]}\n", ""},
      {"- {level: RequestResponse, userGroups: ['system:authenticated']}\n"
       "- {level: None, users: [a]}\n",
       "[create] user system:anonymous no rule None" + none +
           "[update] user system:anonymous no rule None" + none},
      {"- {level: RequestResponse, userGroups: ['system:authenticated']}\n"
       "- {level: None, users: [a], userGroups: [g]}\n"
       "- {level: RequestResponse, userGroups: ['system:unauthenticated']}\n",
       ""},
      {"- {level: RequestResponse, userGroups: ['system:serviceaccounts']}\n"
       "- {level: None, users: ['system:serviceaccount:n:s']}\n"
       "- {level: None, userGroups: ['system:serviceaccounts:n']}\n" +
           all,
       ""},
      {"- {level: RequestResponse, namespaces: [n]}\n- {level: RequestResponse, namespaces: [m]}\n"
       "- {level: None, namespaces: [n, m], users: [a]}\n" +
           all,
       ""},
      // Who fares better than everybody.
      {"- {level: RequestResponse, users: [a]}\n- {level: None}\n",
       "[create] policy.yaml:5 None" + none + "[update] policy.yaml:5 None" + none},
  }));
  CAPTURE(c.rules);
  CHECK(holes_of(c.rules) == c.holes);
}

TEST_CASE("who fares better than everybody is told too") {
  const AuditPolicy policy =
      load_clean(kPolicyHead + "rules:\n- {level: RequestResponse, users: [a]}\n").policy;
  const std::vector<RouteSight> routes = review(policy).routes;
  CHECK(lines_of(policy, {routes[0], routes[1]}) ==
        "create: NodePort, LoadBalancer, external IPs [create] no rule None: no: nothing of it is "
        "logged\n"
        "create: NodePort, LoadBalancer, external IPs [create] user a policy.yaml:4 "
        "RequestResponse: yes\n");
}

TEST_CASE("the advice makes any policy complete, and asks for no more verbs than are needed") {
  const auto text = GENERATE_COPY(values<std::string>({
      kMetadataOnly,
      kDocumented,
      kGoogles,
      kSeesNothing,
      kWithoutOutcome,
      kPolicyHead + "omitStages: [ResponseComplete]\nrules:\n- {level: None, users: [a]}\n",
      kPolicyHead + "rules:\n    - {level: RequestResponse, omitStages: [ResponseComplete]}\n",
      kPolicyHead + "rules:\n- {level: RequestResponse, userGroups: [g]}\n- {level: Request}\n",
      kPolicyHead + "rules:\n- {level: Metadata, users: [a]}\n- {level: Metadata}\n",
  }));
  const AuditPolicy policy = load_clean(text).policy;
  const PolicyReview reviewed = review(policy);
  REQUIRE(reviewed.advice);
  const std::string mended = with_advice(text, policy, *reviewed.advice);
  CAPTURE(mended);
  CHECK(gaps_of(mended).empty());
  CHECK(
      (text != kGoogles || reviewed.advice->rule.find("[deletecollection]") != std::string::npos));
}

TEST_CASE("the rule to add is what an operator can paste, and stands where it is needed") {
  const AuditPolicy policy = load_clean(kDocumented).policy;
  const PolicyReview reviewed = review(policy);
  REQUIRE(reviewed.advice);
  CHECK(reviewed.advice->rule ==
        "  - level: RequestResponse\n"
        "    verbs: [create, update, patch, deletecollection]\n"
        "    resources: [{group: \"\", resources: [services]}]\n"
        "    omitStages: [RequestReceived]\n"
        "    omitManagedFields: true\n");
  CHECK(reviewed.advice->before == 4);
  CHECK_FALSE(reviewed.advice->keep_response_complete);
}

TEST_CASE("lists that multiply beyond what is tried are taken for holes") {
  std::string many;
  for (int i = 0; i < 1'100; ++i) many += "u" + std::to_string(i) + ", ";
  const std::string rules = "- {level: RequestResponse, users: [" + many + "]}\n" +
                            "- {level: None, users: [" + many + "]}\n- level: RequestResponse\n";
  CHECK(holes_of(rules) ==
        "[create] users u0, u1, u2 and 1097 more policy.yaml:5 None: no: nothing of it is logged\n"
        "[update] users u0, u1, u2 and 1097 more policy.yaml:5 None: no: nothing of it is "
        "logged\n");
}

TEST_CASE("OpenShift's example is refused as it is, and reviewed as a policy it has its holes") {
  const std::string path =
      std::string(NODEPORTD_SOURCE_DIR) + "/../shared/corpus/openshift/example_policy.yaml";
  if (!std::filesystem::exists(path)) {
    WARN("skipped: there is no corpus beside the repository");
    return;
  }
  const std::string text = read_text(path);
  CHECK(load_policy_text(text).problems.size() == 2);
  const LoadedAuditPolicy loaded = load_clean(kPolicyHead + text);
  CHECK(test::lines_of(loaded.remarks).find("'system:node:*' stands for itself") !=
        std::string::npos);
  // No rule of it names Services: only what one of them takes as a whole is logged.
  const PolicyReview reviewed = review(loaded.policy);
  REQUIRE(reviewed.routes.size() == 20);
  const std::string told = lines_of(loaded.policy, {reviewed.routes[0], reviewed.routes[1]});
  CHECK(told ==
        "create: NodePort, LoadBalancer, external IPs [create] no rule None: no: nothing of it is "
        "logged\n"
        "create: NodePort, LoadBalancer, external IPs [create] group "
        "system:serviceaccounts:openshift-backplane-* policy.yaml:69 RequestResponse: yes\n");
  REQUIRE(reviewed.advice);
  CHECK(name_of(loaded.policy.rules[*reviewed.advice->before].place) == "policy.yaml:23");
  CHECK(gaps_of(with_advice(kPolicyHead + text, loaded.policy, *reviewed.advice)).empty());
}
