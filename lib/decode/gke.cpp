#include "decode/gke.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "decode/gke_path.hpp"
#include "decode/json_read.hpp"
#include "decode/object_builder.hpp"

namespace nodeportd {
namespace {

constexpr std::string_view kType = "@type";
constexpr std::string_view kDecision = "authorization.k8s.io/decision";

// By google.rpc.Code, the HTTP status that its documentation maps it to. 0 is no error, and whether
// that was a 200 or a 201 it does not tell.
constexpr std::array<std::string_view, 17> kHttpStatus = {"",    "499", "500", "400", "504", "404",
                                                          "409", "403", "429", "400", "409", "400",
                                                          "501", "500", "503", "500", "401"};

Value number_value(std::string_view digits) {
  Value value;
  value.kind = Value::Kind::number;
  value.text = digits;
  return value;
}

// A message that says what it is beside the object itself: `core.k8s.io/v1.Service`. The group is
// the apiserver's internal name of it, so that only core's apiVersion is sure.
Value body_of(const Value& body, std::pmr::memory_resource& arena) {
  const std::string_view type = string_in(&body, kType);
  if (type.empty()) return body;
  ObjectBuilder object(arena, body);
  object.remove(kType);
  const std::size_t slash = type.rfind('/');
  const std::size_t dot = type.find('.', slash == std::string_view::npos ? 0 : slash);
  if (slash != std::string_view::npos && dot != std::string_view::npos) {
    const std::string_view version = type.substr(slash + 1, dot - slash - 1);
    if (is_api_version(version)) {
      if (!object.has("kind")) object.set_text("kind", type.substr(dot + 1));
      const bool is_core = type.starts_with("core.k8s.io/");
      if (is_core && !object.has("apiVersion")) object.set_text("apiVersion", version);
    }
  }
  return object.object();
}

bool is_status(const Value& body) {
  return string_in(&body, "kind") == "Status" && string_in(&body, "apiVersion") == "v1";
}

// What the apiserver answered, where that is a Status; else what the gRPC status tells of it.
std::optional<Value> response_status(const Value* response, const Value* grpc,
                                     std::pmr::memory_resource& arena) {
  const bool is_answered = response != nullptr && is_status(*response);
  ObjectBuilder status(arena, is_answered ? *response : Value());
  status.remove("kind");
  status.remove("apiVersion");
  if (!is_object(grpc)) {
    if (status.empty()) return std::nullopt;
    return status.object();
  }
  const Value* written = grpc->find("code");
  const auto code = written == nullptr ? 0 : whole_number(written, 99).value_or(2);
  if (!status.has("status")) status.set_text("status", code == 0 ? "Success" : "Failure");
  if (code != 0) {
    if (!status.has("message")) status.set_text("message", string_in(grpc, "message"));
    if (!status.has("code") && code < kHttpStatus.size()) {
      status.set("code", number_value(kHttpStatus[code]));
    }
  }
  return status.object();
}

std::optional<Value> object_ref(const Value& payload, std::pmr::memory_resource& arena) {
  auto path = parse_resource_name(string_in(&payload, "resourceName"));
  if (!path) path = parse_method_name(string_in(&payload, "methodName"), arena);
  if (!path) return std::nullopt;
  ObjectBuilder object(arena);
  object.set_text("resource", path->resource);
  object.set_text("namespace", path->ns);
  object.set_text("name", path->name);
  object.set_text("apiGroup", path->group);
  object.set_text("apiVersion", path->version);
  object.set_text("subresource", path->subresource);
  return object.object();
}

// Of the authorization checks of a request; empty where they do not say. A `granted` that is not
// there may be a false that was left out.
std::string_view decision(const Value* checks) {
  if (!is_list(checks) || checks->size == 0) return {};
  const auto says = [](std::string_view answer) {
    return [answer](const Value& check) {
      const Value* granted = check.find("granted");
      return granted != nullptr && granted->kind == Value::Kind::boolean && granted->text == answer;
    };
  };
  const Value* end = checks->items + checks->size;
  if (std::any_of(checks->items, end, says("false"))) return "forbid";
  return std::all_of(checks->items, end, says("true")) ? "allow" : std::string_view();
}

std::optional<Value> annotations(const Value& entry, const Value& payload,
                                 std::pmr::memory_resource& arena) {
  const Value* labels = entry.find("labels");
  ObjectBuilder all(arena, is_object(labels) ? *labels : Value());
  if (!all.has(kDecision)) all.set_text(kDecision, decision(payload.find("authorizationInfo")));
  if (all.empty()) return std::nullopt;
  return all.object();
}

std::string_view first_of(std::string_view one, std::string_view other) {
  return one.empty() ? other : one;
}

void set_caller(ObjectBuilder& event, const Value& payload, std::pmr::memory_resource& arena) {
  ObjectBuilder user(arena);
  user.set_text("username", string_in(payload.find("authenticationInfo"), "principalEmail"));
  if (!user.empty()) event.set("user", user.object());
  const Value* request = payload.find("requestMetadata");
  const std::string_view address =
      first_of(string_in(request, "callerIp"), string_in(request, "callerIP"));
  if (!address.empty()) {
    auto* item = make_in<Value>(arena, 1);
    *item = text_value(address);
    Value addresses;
    addresses.kind = Value::Kind::array;
    addresses.items = item;
    addresses.size = 1;
    event.set("sourceIPs", addresses);
  }
  event.set_text("userAgent", string_in(request, "callerSuppliedUserAgent"));
}

}  // namespace

Value gke_event(const Value& entry, std::pmr::memory_resource& arena) {
  const Value* found = entry.find("protoPayload");
  const Value payload = found != nullptr ? *found : Value();
  ObjectBuilder event(arena);
  event.set_text("auditID",
                 first_of(string_in(entry.find("operation"), "id"), string_in(&entry, "insertId")));
  event.set_text("verb", verb_of(string_in(&payload, "methodName")));
  set_caller(event, payload, arena);
  if (const auto object = object_ref(payload, arena)) event.set("objectRef", *object);

  const Value* request = payload.find("request");
  const Value* response = payload.find("response");
  std::optional<Value> answer;
  if (response != nullptr) answer = body_of(*response, arena);
  const Value* answered = answer ? &*answer : nullptr;
  if (const auto status = response_status(answered, payload.find("status"), arena)) {
    event.set("responseStatus", *status);
  }
  if (request != nullptr) event.set("requestObject", body_of(*request, arena));
  if (answer) event.set("responseObject", *answer);

  event.set_text("stageTimestamp", string_in(&entry, "timestamp"));
  if (const auto told = annotations(entry, payload, arena)) event.set("annotations", *told);
  return event.object();
}

}  // namespace nodeportd
