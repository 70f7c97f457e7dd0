#include "config/audit_policy.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "unit/config/policy_text.hpp"

using namespace nodeportd;
using namespace nodeportd::test;

namespace {

AuditPolicy policy_of(const std::string& text) {
  const LoadedAuditPolicy loaded = load_policy_text(kPolicyHead + text);
  INFO(lines_of(loaded.problems));
  REQUIRE(loaded.problems.empty());
  return loaded.policy;
}

AuditRequest resource_request(std::string verb, std::string resource, std::string ns = "n",
                              std::string name = "x") {
  AuditRequest request;
  request.user = "tim";
  request.groups = {"humans", "system:authenticated"};
  request.verb = std::move(verb);
  const std::size_t slash = resource.find('/');
  request.resource = resource.substr(0, slash);
  if (slash != std::string::npos) request.subresource = resource.substr(slash + 1);
  request.ns = std::move(ns);
  request.name = std::move(name);
  return request;
}

AuditRequest in_group(AuditRequest request, std::string group) {
  request.group = std::move(group);
  return request;
}

AuditRequest url_request(std::string path) {
  AuditRequest request = resource_request("get", "", "", "");
  request.kind = AuditRequest::Kind::non_resource;
  request.path = std::move(path);
  return request;
}

}  // namespace

TEST_CASE("a rule matches what kube-apiserver's checker.go matches") {
  struct Case {
    std::string rule;
    AuditRequest request;
    bool matches;
  };
  const AuditRequest create = resource_request("create", "services", "n", "");
  const AuditRequest patch = resource_request("patch", "services");
  const AuditRequest status = resource_request("update", "services/status");
  const AuditRequest node = resource_request("update", "nodes", "", "x");
  const AuditRequest knative = in_group(patch, "serving.knative.dev");
  const AuditRequest url = url_request("/healthz/etcd");
  const auto c = GENERATE_COPY(values<Case>({
      {"{level: Request}", patch, true},
      {"{level: Request}", url, true},
      {"{level: Request, users: [a, tim]}", patch, true},
      {"{level: Request, users: ['ti*']}", patch, false},
      {"{level: Request, users: [Tim]}", patch, false},
      {"{level: Request, userGroups: [a, humans]}", patch, true},
      {"{level: Request, userGroups: [a, b]}", patch, false},
      {"{level: Request, users: [tim], userGroups: [b]}", patch, false},
      {"{level: Request, users: [], userGroups: [], verbs: []}", patch, true},
      {"{level: Request, verbs: [patch]}", patch, true},
      {"{level: Request, verbs: ['*']}", patch, false},
      {"{level: Request, verbs: [get]}", url, true},
      {"{level: Request, namespaces: [n]}", patch, true},
      {"{level: Request, namespaces: [m]}", patch, false},
      {"{level: Request, namespaces: ['']}", node, true},
      {"{level: Request, namespaces: [null]}", node, true},
      {"{level: Request, namespaces: ['']}", patch, false},
      {"{level: Request, namespaces: ['']}", url, false},
      {"{level: Request, resources: [{resources: [services]}]}", patch, true},
      {"{level: Request, resources: [{group: '', resources: [services]}]}", patch, true},
      {"{level: Request, resources: [{group: apps, resources: [services]}]}", patch, false},
      {"{level: Request, resources: [{resources: [services]}]}", knative, false},
      {"{level: Request, resources: [{group: apps}, {group: ''}]}", patch, true},
      {"{level: Request, resources: [{group: ''}]}", status, true},
      {"{level: Request, resources: [{group: ''}]}", url, false},
      {"{level: Request, resources: [{resources: ['*']}]}", status, true},
      {"{level: Request, resources: [{resources: [services]}]}", status, false},
      {"{level: Request, resources: [{resources: [services/status]}]}", status, true},
      {"{level: Request, resources: [{resources: [services/status]}]}", patch, false},
      {"{level: Request, resources: [{resources: ['*/status']}]}", status, true},
      {"{level: Request, resources: [{resources: ['*/status']}]}", patch, false},
      {"{level: Request, resources: [{resources: ['*/scale']}]}", status, false},
      {"{level: Request, resources: [{resources: ['services/*']}]}", status, true},
      // Not as the API's documentation has it, but as the code does.
      {"{level: Request, resources: [{resources: ['services/*']}]}", patch, true},
      {"{level: Request, resources: [{resources: ['pods/*']}]}", patch, false},
      {"{level: Request, resources: [{resources: ['*/*']}]}", status, false},
      {"{level: Request, resources: [{resources: ['serv*']}]}", patch, false},
      {"{level: Request, resources: [{resources: [services], resourceNames: [x]}]}", patch, true},
      {"{level: Request, resources: [{resources: [services], resourceNames: [y]}]}", patch, false},
      {"{level: Request, resources: [{resources: [services], resourceNames: [x]}]}", create, false},
      {"{level: Request, namespaces: [m], resources: [{resources: [services]}]}", patch, false},
      {"{level: Request, nonResourceURLs: ['*']}", url, true},
      {"{level: Request, nonResourceURLs: ['/healthz*']}", url, true},
      {"{level: Request, nonResourceURLs: [/healthz]}", url, false},
      {"{level: Request, nonResourceURLs: [/healthz/etcd]}", url, true},
      {"{level: Request, nonResourceURLs: ['*']}", patch, false},
  }));
  CAPTURE(c.rule, c.request.verb, c.request.resource, c.request.subresource, c.request.path);
  const AuditPolicy policy = policy_of("rules: [" + c.rule + "]\n");
  CHECK(evaluate(policy, c.request).rule.has_value() == c.matches);
}

TEST_CASE("the first rule that matches decides, and where none does the level is None") {
  const AuditPolicy policy = policy_of(
      "omitStages: [RequestReceived]\n"
      "omitManagedFields: true\n"
      "rules:\n"
      "- {level: None, users: [nobody]}\n"
      "- {level: RequestResponse, verbs: [patch], omitStages: [Panic], omitManagedFields: false}\n"
      "- {level: Metadata, verbs: [patch, create]}\n");
  CHECK(evaluate(policy, resource_request("patch", "services")) ==
        AuditVerdict{AuditLevel::request_response,
                     {AuditStage::request_received, AuditStage::panic},
                     false,
                     1});
  CHECK(evaluate(policy, resource_request("create", "services")) ==
        AuditVerdict{AuditLevel::metadata, {AuditStage::request_received}, true, 2});
  CHECK(evaluate(policy, resource_request("update", "services")) ==
        AuditVerdict{AuditLevel::none, {AuditStage::request_received}, true, std::nullopt});
  CHECK(policy.rules[1].place.line == 7);
}

TEST_CASE("all three versions of the API are read, those that 1.24 dropped with a remark") {
  const std::string rest = "\nkind: Policy\nmetadata: {name: x}\nrules: [{level: Metadata}]\n";
  const LoadedAuditPolicy v1 = load_policy_text("apiVersion: audit.k8s.io/v1" + rest);
  CHECK(v1.problems.empty());
  CHECK(v1.remarks.empty());
  for (const std::string version : {"v1beta1", "v1alpha1"}) {
    const LoadedAuditPolicy old = load_policy_text("apiVersion: audit.k8s.io/" + version + rest);
    CHECK(old.problems.empty());
    CHECK(lines_of(old.remarks) ==
          "policy.yaml:1:13: kube-apiserver 1.24 and later know only audit.k8s.io/v1 and refuse "
          "this\n");
  }
}

TEST_CASE("what kube-apiserver refuses is refused, every problem at its place") {
  struct Case {
    std::string text;
    std::string problems;
  };
  const auto c = GENERATE(values<Case>({
      {"", "policy.yaml: holds no audit policy\n"},
      {"rules: [{level: None}]\n",
       "policy.yaml:1:1: an audit policy has 'apiVersion: audit.k8s.io/v1'\n"
       "policy.yaml:1:1: an audit policy has 'kind: Policy'\n"},
      {"apiVersion: audit.k8s.io/v2\nkind: Event\nrules: [{level: None}]\n",
       "policy.yaml:1:13: an audit policy has 'apiVersion: audit.k8s.io/v1'\n"
       "policy.yaml:2:7: an audit policy has 'kind: Policy'\n"},
      {kPolicyHead, "policy.yaml:1:1: an audit policy needs 'rules', one at least\n"},
      {kPolicyHead + "rules: []\n",
       "policy.yaml:1:1: an audit policy needs 'rules', one at least\n"},
      {kPolicyHead + "rules: {level: None}\n",
       "policy.yaml:3:8: 'rules' must be a list, this is a map\n"},
      {kPolicyHead + "rules: [None]\n", "policy.yaml:3:9: a rule must be a map, this is text\n"},
      {kPolicyHead + "rules:\n- users: [a]\n- level: metadata\n- {level: [None]}\n",
       "policy.yaml:4:3: a rule needs 'level'\n"
       "policy.yaml:5:10: 'level' must be one of None, Metadata, Request, RequestResponse, this is "
       "'metadata'\n"
       "policy.yaml:6:11: 'level' must be text, this is a list\n"},
      {kPolicyHead + "omitStages: [Received]\nrules:\n- {level: None, omitStages: [panic]}\n",
       "policy.yaml:3:14: there is no stage 'Received': stages are RequestReceived, "
       "ResponseStarted, ResponseComplete, Panic\n"
       "policy.yaml:5:30: there is no stage 'panic': stages are RequestReceived, "
       "ResponseStarted, ResponseComplete, Panic\n"},
      {kPolicyHead + "rules:\n- {level: None, nonResourceURLs: [healthz, '/a*b', '/a*']}\n",
       "policy.yaml:4:35: a non-resource URL begins with '/'\n"
       "policy.yaml:4:44: a '*' may only be the last character of a non-resource URL\n"},
      {kPolicyHead + "rules:\n"
                     "- {level: None, nonResourceURLs: [/a], namespaces: [n]}\n"
                     "- {level: None, nonResourceURLs: [/a], resources: [{group: a}]}\n"
                     "- {level: None, nonResourceURLs: [/a], resources: []}\n",
       "policy.yaml:4:34: a rule is for resources or for non-resource URLs, not for both\n"
       "policy.yaml:5:34: a rule is for resources or for non-resource URLs, not for both\n"},
      {kPolicyHead + "rules:\n- {level: None, resources: [{group: rbac/v1}, {group: '*'}]}\n",
       "policy.yaml:4:37: 'rbac/v1' is no API group: a group is a lower-case DNS name without "
       "version or wildcard, or empty for the core group\n"
       "policy.yaml:4:55: '*' is no API group: a group is a lower-case DNS name without version "
       "or wildcard, or empty for the core group\n"},
      {kPolicyHead + "rules:\n- {level: None, resources: [{group: a, resourceNames: [x]}, pods]}\n",
       "policy.yaml:4:55: 'resourceNames' needs at least one of 'resources'\n"
       "policy.yaml:4:61: an entry of 'resources' must be a map, this is text\n"},
      {kPolicyHead + "rules:\n- {level: None, users: alice, verbs: [on, 1.5, x1, '2']}\n",
       "policy.yaml:4:24: 'users' must be a list, this is text\n"
       "policy.yaml:4:39: what 'verbs' lists must be text, this is 'on': put it in quotes\n"
       "policy.yaml:4:43: what 'verbs' lists must be text, this is '1.5': put it in quotes\n"},
      {kPolicyHead + "omitManagedFields: 'true'\nrules:\n- {level: None, omitManagedFields: 1}\n",
       "policy.yaml:3:20: 'omitManagedFields' must be true or false\n"
       "policy.yaml:5:36: 'omitManagedFields' must be true or false\n"},
      {kPolicyHead + "rules:\n- level: None\n  level: Metadata\n",
       "policy.yaml:5:3: duplicate key 'level', first in line 4\n"},
  }));
  CAPTURE(c.text);
  CHECK(lines_of(load_policy_text(c.text).problems) == c.problems);
}

TEST_CASE("a policy that cannot be read is a problem that says why") {
  const LoadedAuditPolicy loaded = load_audit_policy("/nonexistent/policy.yaml");
  REQUIRE(loaded.problems.size() == 1);
  CHECK(to_text(loaded.problems[0]) == "/nonexistent/policy.yaml: No such file or directory");
}

TEST_CASE(
    "what kube-apiserver takes and the author cannot have meant is remarked, and no problem") {
  const LoadedAuditPolicy loaded = load_policy_text(
      kPolicyHead +
      "rules:\n"
      "- level: None\n"
      "  userGroup: [system:nodes]\n"
      "  users: ['system:node:*']\n"
      "  resources: [{group: '', resource: [pods]}]\n"
      "- {level: None, verbs: ['*'], resources: [{resources: ['*', '*/status', 'pods/*']}]}\n"
      "redactions: []\n"
      "---\n"
      "kind: Policy\n");
  CHECK(loaded.problems.empty());
  CHECK(lines_of(loaded.remarks) ==
        "policy.yaml:5:3: a rule has no key 'userGroup': did you mean 'userGroups'?; the apiserver "
        "ignores it\n"
        "policy.yaml:6:11: 'system:node:*' stands for itself: the apiserver knows no wildcard in "
        "'users'\n"
        "policy.yaml:7:27: an entry of 'resources' has no key 'resource': did you mean "
        "'resources'?; the apiserver ignores it\n"
        "policy.yaml:8:25: '*' stands for itself: the apiserver knows no wildcard in 'verbs'\n"
        "policy.yaml:9:1: an audit policy has no key 'redactions': it has apiVersion, kind, "
        "metadata, rules, omitStages, omitManagedFields; the apiserver ignores it\n"
        "policy.yaml:11:1: the apiserver reads one document, and ignores what begins here\n");
}
