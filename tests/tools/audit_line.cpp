#include "tools/audit_line.hpp"

#include <fmt/format.h>

#include <utility>

#include "tools/audit_bodies.hpp"

namespace nodeportd::test {

const Actor kNode = {"system:node:worker-2", R"(["system:nodes","system:authenticated"])",
                     "kubelet/v1.31.2 (linux/amd64) kubernetes/0bd5cd1", "192.0.2.12"};
const Actor kController = {
    "system:kube-controller-manager", R"(["system:authenticated"])",
    "kube-controller-manager/v1.31.2 (linux/amd64) kubernetes/0bd5cd1/leader-election",
    "192.0.2.2"};
const Actor kDeployer = {
    "system:serviceaccount:gitops:deployer",
    R"(["system:serviceaccounts","system:serviceaccounts:gitops","system:authenticated"])",
    "argocd-application-controller/v2.12.4 (linux/arm64) kubernetes/$Format", "10.244.1.9"};
const Actor kAlice = {"alice@example.org", R"(["team-shop","system:authenticated"])",
                      "kubectl/v1.31.1 (darwin/arm64) kubernetes/948afe5", "198.51.100.23"};
const Actor kBob = {"bob@example.org", R"(["team-data","oncall","system:authenticated"])",
                    "kubectl/v1.30.4 (linux/amd64) kubernetes/a51b3b7", "198.51.100.87"};
const Actor kAdmin = {"kubernetes-admin", R"(["system:masters","system:authenticated"])",
                      "Helm/3.15.2", "203.0.113.5"};
const Actor kCollector = {
    "system:serviceaccount:kube-system:generic-garbage-collector",
    R"(["system:serviceaccounts","system:serviceaccounts:kube-system","system:authenticated"])",
    "kube-controller-manager/v1.31.2 (linux/amd64) kubernetes/0bd5cd1/system:serviceaccount:"
    "kube-system:generic-garbage-collector",
    "192.0.2.2"};

std::string random_uuid(std::mt19937_64& random) {
  const std::uint64_t high = random();
  const std::uint64_t low = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFF, low >> 52, low & 0xFFFFFFFFFFFF);
}

AuditRequest make_request(std::string audit_id, const Actor& actor, const Target& target) {
  const auto& [verb, group, resource, name_space, name] = target;
  AuditRequest request;
  request.audit_id = std::move(audit_id);
  request.level = "RequestResponse";
  request.verb = verb;
  request.actor = &actor;
  request.user_agent = actor.agent;
  request.source_ips = fmt::format(R"(["{}"])", actor.address);
  request.uri = group.empty() ? "/api/v1" : fmt::format("/apis/{}/v1", group);
  if (!name_space.empty()) append(request.uri, "/namespaces/", name_space);
  append(request.uri, "/", resource);
  if (verb != "create" && !name.empty()) append(request.uri, "/", name);
  const auto reference = [&](std::string_view known_name) {
    std::string text = fmt::format(R"({{"resource":"{}")", target.resource);
    if (!target.name_space.empty()) append(text, R"(,"namespace":")", target.name_space, "\"");
    if (!known_name.empty()) append(text, R"(,"name":")", known_name, "\"");
    if (!target.group.empty()) append(text, R"(,"apiGroup":")", target.group, "\"");
    return text + R"(,"apiVersion":"v1"})";
  };
  request.object = reference(name);
  // The name of what is created stands in the body, which is not read yet.
  request.received_object = verb == "create" ? reference({}) : request.object;
  append_response_status(request.status, {.name = {}, .message = {}, .reason = {}, .code = "200"});
  return request;
}

void append_audit_line(std::string& out, const AuditRequest& request, Stage stage,
                       std::string_view stage_time) {
  const bool complete = stage == Stage::response_complete;
  append(out, R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":")", request.level,
         R"(","auditID":")", request.audit_id, R"(","stage":")",
         complete ? "ResponseComplete" : "RequestReceived", R"(","requestURI":")", request.uri,
         R"(","verb":")", request.verb, R"(","user":{"username":")", request.actor->name,
         R"(","groups":)", request.actor->groups, R"(},"sourceIPs":)", request.source_ips);
  if (!request.user_agent.empty()) append(out, R"(,"userAgent":")", request.user_agent, "\"");
  append(out, R"(,"objectRef":)", complete ? request.object : request.received_object);
  if (complete) {
    append(out, R"(,"responseStatus":)", request.status);
    if (!request.request_body.empty()) append(out, R"(,"requestObject":)", request.request_body);
    if (!request.response_body.empty()) append(out, R"(,"responseObject":)", request.response_body);
  }
  append(out, R"(,"requestReceivedTimestamp":")", request.received, R"(","stageTimestamp":")",
         stage_time, "\"");
  if (complete && request.is_forbidden) {
    append(out, R"(,"annotations":{"authorization.k8s.io/decision":"forbid",)",
           R"("authorization.k8s.io/reason":""})");
  } else if (complete) {
    append(
        out, R"(,"annotations":{"authorization.k8s.io/decision":"allow",)",
        R"("authorization.k8s.io/reason":"RBAC: allowed by ClusterRoleBinding \"operators\" of )",
        R"(ClusterRole \"operators\" to User \")", request.actor->name, R"(\""})");
  }
  out += "}\n";
}

}  // namespace nodeportd::test
