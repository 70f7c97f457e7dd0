#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "decode/audit_decoder.hpp"
#include "support/json_spelling.hpp"

namespace nodeportd::test {

// Requests of every kind that touches Services, and of some that only seem to, in each form that
// carries them. Everything is a function of the random numbers.

enum class Wrapping : std::uint8_t {
  none,
  event_list,
  docker,
  cloudwatch,
  cloudwatch_query,
  cloudwatch_event,
  gke,
  aks_text,
  aks_object,
  aks_batch,
  viaq,
  otlp_text,
  otlp_object,
};
constexpr std::array<std::string_view, 13> kWrappings = {"none",
                                                         "event_list",
                                                         "docker",
                                                         "cloudwatch",
                                                         "cloudwatch_query",
                                                         "cloudwatch_event",
                                                         "gke",
                                                         "aks_text",
                                                         "aks_object",
                                                         "aks_batch",
                                                         "viaq",
                                                         "otlp_text",
                                                         "otlp_object"};

struct RandomRequest {
  std::string_view verb;
  std::string_view resource;
  std::string_view group;
  std::string_view subresource;
  std::string_view stage;
  std::string_view code;
  std::string_view request;  // empty: the level has none
  std::string_view response;
};

inline std::string_view pick(Random& random, std::span<const std::string_view> from) {
  return from[below(random, from.size())];
}

[[nodiscard]] inline RandomRequest random_request(Random& random) {
  static constexpr std::array<std::string_view, 12> kVerbs = {
      "create",           "create", "update", "patch", "patch",  "delete",
      "deletecollection", "get",    "list",   "watch", "CREATE", "post"};
  static constexpr std::array<std::string_view, 8> kResources = {
      "services", "services", "services", "services", "services", "Services", "pods", "leases"};
  static constexpr std::array<std::string_view, 6> kCodes = {"200", "201", "403",
                                                             "409", "422", "500"};
  static constexpr std::array<std::string_view, 5> kStages = {
      "ResponseComplete", "ResponseComplete", "ResponseComplete", "RequestReceived", "Panic"};
  static constexpr std::array<std::string_view, 12> kBodies = {
      "",
      "",
      R"({"kind":"Service","apiVersion":"v1","metadata":{"name":"shop","uid":"u-1","namespace":)"
      R"("web","resourceVersion":"7"},"spec":{"type":"NodePort","ports":[{"port":80,"protocol":)"
      R"("TCP","targetPort":"http","nodePort":31000}]}})",
      R"({"kind":"Service","metadata":{"name":"shop","annotations":{"note":"type: NodePort"}},)"
      R"("spec":{"type":"ClusterIP","ports":[{"port":80}]}})",
      R"({"kind":"Service","metadata":{"name":"shop"},"spec":{"type":"LoadBalancer",)"
      R"("externalIPs":["192.0.2.7"],"healthCheckNodePort":32001,"ports":[{"port":80}]}})",
      R"({"spec":{"type":"NodePort"}})",
      R"([{"op":"replace","path":"/spec/type","value":"NodePort"}])",
      R"({"metadata":{"labels":{"a":"b"}}})",
      R"({"kind":"Status","status":"Failure","code":403,"message":"no \"services\" for you"})",
      R"({"kind":"ServiceList","items":[{"metadata":{"name":"a","namespace":"web","uid":"u-1",)"
      R"("managedFields":[{"operation":"Update"}]},"spec":{"type":"NodePort"}}]})",
      R"({"kind":"Lease","spec":{"holderIdentity":"é\u0000\"\\ worker"}})",
      R"([[[[[[{"spec":[{},[],"",0,-1.5e3,true,null]}]]]]]])"};
  return {.verb = pick(random, kVerbs),
          .resource = pick(random, kResources),
          .group = below(random, 8) == 0 ? "serving.knative.dev" : "",
          .subresource = below(random, 8) == 0 ? "status" : "",
          .stage = pick(random, kStages),
          .code = pick(random, kCodes),
          .request = pick(random, kBodies),
          .response = pick(random, kBodies)};
}

class EventText {
 public:
  explicit EventText(std::string_view first) : text_(first) {}

  EventText& add(std::string_view name, std::string_view json) {
    if (json.empty() || json == R"("")") return *this;
    if (text_.back() != '{') text_ += ',';
    text_.append("\"").append(name).append("\":").append(json);
    return *this;
  }
  EventText& add_text(std::string_view name, std::string_view text) {
    return add(name, '"' + std::string(text) + '"');
  }
  [[nodiscard]] std::string end() const { return text_ + '}'; }

 private:
  std::string text_;
};

[[nodiscard]] inline std::string event_text(const RandomRequest& made, Wrapping wrapping) {
  EventText event("{");
  if (wrapping != Wrapping::event_list) {
    event.add_text("kind", "Event").add_text("apiVersion", "audit.k8s.io/v1");
  }
  if (wrapping == Wrapping::viaq) {
    event.add_text("@timestamp", "2026-11-24T09:00:00Z").add_text("k8s_audit_level", "Request");
  }
  const std::string object = EventText("{")
                                 .add_text("resource", made.resource)
                                 .add_text("namespace", "web")
                                 .add_text("name", "shop")
                                 .add_text("apiGroup", made.group)
                                 .add_text("subresource", made.subresource)
                                 .end();
  return event.add_text("level", wrapping == Wrapping::viaq ? "default" : "RequestResponse")
      .add_text("auditID", "a-1")
      .add_text("stage", made.stage)
      .add_text("requestURI", "/api/v1/namespaces/web?fieldManager=x\\u0026force=true")
      .add_text("verb", made.verb)
      .add("user", R"({"username":"alice","groups":["system:authenticated"]})")
      .add("sourceIPs", R"(["203.0.113.9","10.0.0.7"])")
      .add("objectRef", object)
      .add("responseStatus", EventText("{").add("code", made.code).end())
      .add("requestObject", made.request)
      .add("responseObject", made.response)
      .add_text("stageTimestamp", "2026-11-24T09:00:00.000001Z")
      .add("annotations", R"({"authorization.k8s.io/decision":"allow"})")
      .end();
}

[[nodiscard]] inline std::string gke_text(const RandomRequest& made) {
  const std::string group(made.group.empty() ? "core" : made.group);
  const std::string resource(made.resource);
  const std::string method = "io.k8s." + group + ".v1." + resource + "." + std::string(made.verb);
  const std::string path = group + "/v1/namespaces/web/" + resource + "/shop" +
                           (made.subresource.empty() ? "" : "/status");
  const std::string payload =
      EventText("{")
          .add("authenticationInfo", R"({"principalEmail":"alice"})")
          .add("authorizationInfo", made.code == "403" ? R"([{"granted":false}])" : "")
          .add_text("methodName", method)
          .add("requestMetadata", R"({"callerIp":"203.0.113.9"})")
          .add_text("resourceName", path)
          .add("status", made.code == "403" ? R"({"code":7})" : "{}")
          .add("request", made.request)
          .add("response", made.response)
          .end();
  return EventText("{")
      .add("protoPayload", payload)
      .add("operation", R"({"id":"a-1"})")
      .add_text("timestamp", "2026-11-24T09:00:00.000001Z")
      .add("resource", R"({"type":"k8s_cluster"})")
      .end();
}

// The value as OTLP writes one.
[[nodiscard]] inline std::string otlp_text(const Value& value) {
  Random plain;
  JsonSpelling spelling(plain, {});
  std::string list;
  switch (value.kind) {
    case Value::Kind::null:
      return "{}";
    case Value::Kind::boolean:
      return R"({"boolValue":)" + std::string(value.text) + "}";
    case Value::Kind::number:
      return R"({"doubleValue":)" + std::string(value.text) + "}";
    case Value::Kind::string:
      return R"({"stringValue":)" + spelling.write(value.text) + "}";
    case Value::Kind::array:
      for (std::size_t i = 0; i < value.size; ++i) {
        list += (i == 0 ? "" : ",") + otlp_text(value.items[i]);
      }
      return R"({"arrayValue":{"values":[)" + list + "]}}";
    case Value::Kind::object:
      for (std::size_t i = 0; i < value.size; ++i) {
        const Member& each = value.members[i];
        list += (i == 0 ? "{\"key\":" : ",{\"key\":") + spelling.write(each.name) +
                ",\"value\":" + otlp_text(each.value) + "}";
      }
      return R"({"kvlistValue":{"values":[)" + list + "]}}";
  }
  return "{}";
}

// `event` is JSON, written somehow.
[[nodiscard]] inline std::string wrapped(const std::string& event, Wrapping wrapping) {
  Random plain;
  const auto text = [&] { return JsonSpelling(plain, {}).write(std::string_view(event)); };
  const auto azure = [](const std::string& log) {
    return R"({"category":"kube-audit","properties":{"log":)" + log + R"(,"stream":"stdout"}})";
  };
  const auto otlp = [](const std::string& body) {
    return R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":)" + body + "}]}]}]}";
  };
  AuditDecoder decoder;
  switch (wrapping) {
    case Wrapping::none:
    case Wrapping::gke:
    case Wrapping::viaq:
      return event;
    case Wrapping::event_list:
      return R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{},)" + event + "]}";
    case Wrapping::docker:
      return R"({"log":)" + text() + R"(,"stream":"stdout","time":"2026-11-24T09:00:00Z"})";
    case Wrapping::cloudwatch:
      return R"({"messageType":"DATA_MESSAGE","logEvents":[{"message":"klog"},{"message":)" +
             text() + "}]}";
    case Wrapping::cloudwatch_query:
      return R"({"events":[{"timestamp":1,"message":)" + text() + "}]}";
    case Wrapping::cloudwatch_event:
      return R"({"ingestionTime":1,"message":)" + text() + "}";
    case Wrapping::aks_text:
      return azure(text());
    case Wrapping::aks_object:
      return azure(event);
    case Wrapping::aks_batch:
      return R"({"records":[)" + azure(text()) + "," + azure(event) + "]}";
    case Wrapping::otlp_text:
      return otlp(R"({"stringValue":)" + text() + "}");
    case Wrapping::otlp_object:
      return otlp(otlp_text(decoder.decode(event)->root));
  }
  return event;
}

// An event in its carrier, both of them spelled in a random way.
[[nodiscard]] inline std::string random_record(Random& random, Wrapping wrapping) {
  AuditDecoder decoder;
  const auto respelled = [&](const std::string& json) {
    const SpellingHabits habits = random_habits(random);
    return JsonSpelling(random, habits).write(decoder.decode(json)->root);
  };
  const RandomRequest made = random_request(random);
  const bool is_gke = wrapping == Wrapping::gke;
  const std::string event = respelled(is_gke ? gke_text(made) : event_text(made, wrapping));
  if (wrapping == Wrapping::none || is_gke || wrapping == Wrapping::viaq) return event;
  return respelled(wrapped(event, wrapping));
}

}  // namespace nodeportd::test
