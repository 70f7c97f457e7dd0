#include <catch2/catch.hpp>
#include <string>

#include "unit/decode/reading.hpp"

namespace nodeportd {
namespace {

using test::Parts;
using test::read_parts;

struct Entry {
  std::string method = "io.k8s.core.v1.services.create";
  std::string path = "core/v1/namespaces/default/services/web";
  std::string more{};     // members of the payload
  std::string outside{};  // members of the entry
};

std::string written(const Entry& entry) {
  return R"({"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog",)"
         R"("methodName":")" +
         entry.method + R"(","resourceName":")" + entry.path + R"(","serviceName":"k8s.io")" +
         entry.more + R"(},"resource":{"type":"k8s_cluster"},"insertId":"i1")" + entry.outside +
         "}";
}

// The member of the event, or nothing.
std::string member_of(const Entry& entry, const std::string& name) {
  EventReader reader;
  std::string text = "no event";
  reader.read(
      written(entry),
      [&](const AuditEvent& event, std::uint32_t) {
        const Value* found = event.root.find(name);
        text = found == nullptr ? "" : test::show(*found);
      },
      [](std::string_view, Reject, std::uint32_t) {});
  return text;
}

std::string status_of(const std::string& more) {
  return member_of({.more = more}, "responseStatus");
}

}  // namespace

TEST_CASE(
    "an entry of Cloud Logging has the audit event's names and nothing that it does not tell") {
  const Entry entry{
      .more =
          R"(,"authenticationInfo":{"principalEmail":"eve@example.com"},)"
          R"("authorizationInfo":[{"granted":true,"permission":"io.k8s.core.v1.services.create"}],)"
          R"("requestMetadata":{"callerIp":"198.51.100.7","callerSuppliedUserAgent":"kubectl"},)"
          R"("request":{"@type":"core.k8s.io/v1.Service","spec":{"type":"NodePort"}},)"
          R"("response":{"@type":"core.k8s.io/v1.Service","kind":"Service","apiVersion":"v1"},)"
          R"("status":{})",
      .outside = R"(,"operation":{"id":"o1","first":true},"timestamp":"2026-11-24T08:59:27.2Z",)"
                 R"("labels":{"authorization.k8s.io/reason":"RBAC"})"};
  const Parts parts = {
      "{auditID='o1',verb='create',user={username='eve@example.com'},sourceIPs=['198.51.100.7'],"
      "userAgent='kubectl',objectRef={resource='services',namespace='default',name='web',"
      "apiVersion='v1'},responseStatus={status='Success'},"
      "requestObject={spec={type='NodePort'},kind='Service',apiVersion='v1'},"
      "responseObject={kind='Service',apiVersion='v1'},"
      "stageTimestamp='2026-11-24T08:59:27.2Z',"
      "annotations={authorization.k8s.io/reason='RBAC',authorization.k8s.io/decision='allow'}}"};
  CHECK(read_parts(written(entry)) == parts);
  CHECK(read_parts("[" + written(entry) + "]") == parts);
  CHECK(read_parts(written({})) ==
        Parts{"{auditID='i1',verb='create',objectRef={resource='services',namespace='default',"
              "name='web',apiVersion='v1'}}"});
}

TEST_CASE("what an entry is about stands in its path, or else in its method") {
  struct Row {
    std::string method;
    std::string path;
    std::string object;
  };
  const auto row = GENERATE(values<Row>({
      {"x", "core/v1/namespaces/default/services/web/status",
       "resource='services',namespace='default',name='web',apiVersion='v1',subresource='status'"},
      {"x", "core/v1/namespaces/default/services/web/proxy/a/b",
       "resource='services',namespace='default',name='web',apiVersion='v1',subresource='proxy'"},
      {"x", "core/v1/namespaces/default/services",
       "resource='services',namespace='default',apiVersion='v1'"},
      {"x", "serving.knative.dev/v1/namespaces/default/services/web",
       "resource='services',namespace='default',name='web',apiGroup='serving.knative.dev',"
       "apiVersion='v1'"},
      {"x", "apps/v1/namespaces/d/deployments/web/scale",
       "resource='deployments',namespace='d',name='web',apiGroup='apps',apiVersion='v1',"
       "subresource='scale'"},
      {"x", "core/v1/nodes/n1/status",
       "resource='nodes',name='n1',apiVersion='v1',subresource='status'"},
      {"x", "core/v1/namespaces", "resource='namespaces',apiVersion='v1'"},
      {"x", "core/v1/namespaces/d", "resource='namespaces',namespace='d',name='d',apiVersion='v1'"},
      {"x", "core/v1/namespaces/d/finalize",
       "resource='namespaces',namespace='d',name='d',apiVersion='v1',subresource='finalize'"},
      {"io.k8s.core.v1.services.create", "", "resource='services',apiVersion='v1'"},
      {"io.k8s.core.v1.services.status.update", "",
       "resource='services',apiVersion='v1',subresource='status'"},
      {"io.k8s.apps.v1.deployments.patch", "",
       "resource='deployments',apiGroup='apps',apiVersion='v1'"},
      {"io.k8s.authorization.rbac.v1beta1.roles.patch", "",
       "resource='roles',apiGroup='rbac.authorization.k8s.io',apiVersion='v1beta1'"},
      {"dev.knative.serving.v1.services.create", "",
       "resource='services',apiGroup='serving.knative.dev',apiVersion='v1'"},
  }));
  CAPTURE(row.method, row.path);
  CHECK(member_of({.method = row.method, .path = row.path}, "objectRef") == "{" + row.object + "}");
  for (const std::string method : {"io.k8s.get", "v1", "v1.services.create", "io.k8s.core.v1.x"}) {
    CHECK(member_of({.method = method, .path = "healthz"}, "objectRef").empty());
  }
  CHECK(member_of({.method = "io.k8s.core.v1.services.deletecollection"}, "verb") ==
        "'deletecollection'");
}

TEST_CASE("an entry's status is the apiserver's answer, or else what gRPC tells of it") {
  const std::string conflict =
      R"(,"response":{"@type":"core.k8s.io/v1.Status","status":"Failure","reason":"AlreadyExists",)"
      R"("message":"is there","code":409},"status":{"code":10,"message":"short"})";
  CHECK(status_of(conflict) ==
        "{status='Failure',reason='AlreadyExists',message='is there',code=409}");
  CHECK(member_of({.more = conflict}, "responseObject") ==
        "{status='Failure',reason='AlreadyExists',message='is there',code=409,kind='Status',"
        "apiVersion='v1'}");

  CHECK(status_of(R"(,"status":{})") == "{status='Success'}");
  CHECK(status_of(R"(,"status":{"code":0})") == "{status='Success'}");
  CHECK(status_of(R"(,"status":{"code":7,"message":"no"})") ==
        "{status='Failure',message='no',code=403}");
  CHECK(status_of(R"(,"status":{"code":16})") == "{status='Failure',code=401}");
  CHECK(status_of(R"(,"status":{"code":17})") == "{status='Failure'}");
  CHECK(status_of("").empty());
  // A deletion's answer has no code, and a custom resource of this kind is no answer.
  const std::string deleted = R"(,"response":{"@type":"core.k8s.io/v1.Status","status":"Success"})";
  CHECK(status_of(deleted + R"(,"status":{})") == "{status='Success'}");
  const std::string custom = R"(,"response":{"kind":"Status","apiVersion":"x.io/v1","code":201})";
  CHECK(status_of(custom + R"(,"status":{"code":5})") == "{status='Failure',code=404}");
}

TEST_CASE("a body's own kind stands, and a patch has none") {
  const auto request = [](const std::string& body) {
    return member_of({.more = R"(,"request":)" + body}, "requestObject");
  };
  CHECK(request(R"({"@type":"k8s.io/Patch","spec":{}})") == "{spec={}}");
  CHECK(
      request(R"({"@type":"core.k8s.io/v1.Service","kind":"Other","@type":"core.k8s.io/v1.X"})") ==
      "{kind='Other',apiVersion='v1'}");
  CHECK(request(R"({"@type":"apps.k8s.io/v1.Deployment"})") == "{kind='Deployment'}");
  CHECK(request(R"({"@type":"meta.k8s.io/__internal.DeleteOptions","a":1})") == "{a=1}");
  CHECK(request(R"([{"op":"add"}])") == "[{op='add'}]");
}

TEST_CASE("a decision is told only where the entry tells it") {
  const auto decision = [](const std::string& checks, const std::string& labels = "{}") {
    return member_of(
        {.more = R"(,"authorizationInfo":)" + checks, .outside = R"(,"labels":)" + labels},
        "annotations");
  };
  CHECK(decision(R"([{"granted":true},{"granted":true}])") ==
        "{authorization.k8s.io/decision='allow'}");
  CHECK(decision(R"([{"granted":true},{"granted":false}])") ==
        "{authorization.k8s.io/decision='forbid'}");
  CHECK(decision(R"([{"permission":"x"}])").empty());
  CHECK(decision(R"([{"granted":"true"}])").empty());
  CHECK(decision(R"([])").empty());
  CHECK(decision(R"([{"granted":false}])", R"({"authorization.k8s.io/decision":"allow"})") ==
        "{authorization.k8s.io/decision='allow'}");
}

TEST_CASE("the caller's address is read in either spelling") {
  CHECK(member_of({.more = R"(,"requestMetadata":{"callerIP":"::1"})"}, "sourceIPs") == "['::1']");
  CHECK(member_of({.more = R"(,"requestMetadata":{})"}, "sourceIPs").empty());
}

}  // namespace nodeportd
