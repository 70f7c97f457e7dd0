#include "decode/audit_versions.hpp"

#include <cstddef>
#include <string_view>

#include "decode/json_read.hpp"
#include "decode/object_builder.hpp"

namespace nodeportd {
namespace {

const Value* text_in(const Value& object, std::string_view name) {
  const Value* found = object.find(name);
  return found != nullptr && found->kind == Value::Kind::string ? found : nullptr;
}

bool is_from_openshift(const Value& event) {
  return event.find("@timestamp") != nullptr;
}

const Value* audit_level(const Value& event) {
  if (!is_from_openshift(event)) return nullptr;
  const Value* level = text_in(event, "k8s_audit_level");
  return level != nullptr ? level : text_in(event, "openshift_audit_level");
}

// When the collector read the line is also called `timestamp`.
const Value* request_time(const Value& event) {
  if (is_from_openshift(event) || text_in(event, "requestReceivedTimestamp") != nullptr) {
    return nullptr;
  }
  return text_in(event, "timestamp");
}

const Value* stage_time(const Value& event) {
  if (text_in(event, "stageTimestamp") != nullptr) return nullptr;
  const Value* metadata = event.find("metadata");
  return metadata == nullptr ? nullptr : text_in(*metadata, "creationTimestamp");
}

// Where group and version of `apps/v1` part; npos where they are written apart.
std::size_t group_end(const Value* object) {
  if (!is_object(object) || object->find("apiGroup") != nullptr) return std::string_view::npos;
  return string_in(object, "apiVersion").rfind('/');
}

Value with_group_apart(const Value& object, std::size_t end, std::pmr::memory_resource& arena) {
  const std::string_view both = string_in(&object, "apiVersion");
  ObjectBuilder apart(arena, object);
  apart.set_text("apiGroup", both.substr(0, end));
  apart.set_text("apiVersion", both.substr(end + 1));
  return apart.object();
}

}  // namespace

Value as_v1(const Value& event, std::pmr::memory_resource& arena) {
  if (event.find("auditID") == nullptr) return event;  // no audit event of any version
  const Value* level = audit_level(event);
  const Value* requested = request_time(event);
  const Value* reached = stage_time(event);
  const Value* object = event.find("objectRef");
  const std::size_t group = group_end(object);
  const bool is_v1 = level == nullptr && requested == nullptr && reached == nullptr &&
                     group == std::string_view::npos;
  if (is_v1) return event;
  ObjectBuilder current(arena, event);
  current.set_if("level", level);
  current.set_if("requestReceivedTimestamp", requested);
  current.set_if("stageTimestamp", reached);
  if (group != std::string_view::npos) {
    current.set("objectRef", with_group_apart(*object, group, arena));
  }
  return current.object();
}

}  // namespace nodeportd
