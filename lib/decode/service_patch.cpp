#include "decode/service_patch.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "decode/json_read.hpp"

namespace nodeportd {
namespace {

constexpr std::array<std::string_view, 6> kDoorFields = {"type",
                                                         "ports",
                                                         "externalIPs",
                                                         "healthCheckNodePort",
                                                         "allocateLoadBalancerNodePorts",
                                                         "externalTrafficPolicy"};

bool has_directive(const Value& object) {
  return std::any_of(object.members, object.members + object.size,
                     [](const Member& each) { return each.name.starts_with('$'); });
}

// Whether a JSON pointer leads to a door, to something in it, or to something that holds it.
bool leads_to_door(const Value* pointer) {
  if (pointer == nullptr || pointer->kind != Value::Kind::string) return true;
  constexpr std::string_view kSpec = "/spec";
  std::string_view path = pointer->text;
  if (path.empty() || path == "/" || path == kSpec) return true;
  if (!path.starts_with("/spec/")) return false;
  path.remove_prefix(kSpec.size() + 1);
  const std::string_view field = path.substr(0, path.find('/'));
  return std::find(kDoorFields.begin(), kDoorFields.end(), field) != kDoorFields.end();
}

PatchReach reach_of_operations(const Value& operations) {
  for (std::size_t i = 0; i < operations.size; ++i) {
    const Value* operation = &operations.items[i];
    const std::string_view kind = string_in(operation, "op");
    if (kind == "test") continue;
    if (leads_to_door(member(operation, "path"))) return PatchReach::not_told;
    if ((kind == "move" || kind == "copy") && leads_to_door(member(operation, "from"))) {
      return PatchReach::not_told;
    }
  }
  return PatchReach::none;
}

// A node port may be asked for in the ports of `spec`, wherever that is in a body.
bool ports_name_number(const Value* ports) {
  if (is_object(ports)) return whole_number(ports->find("nodePort"), 65'535).value_or(0) > 0;
  if (!is_list(ports)) return false;
  return std::any_of(ports->items, ports->items + ports->size, [](const Value& port) {
    return whole_number(member(&port, "nodePort"), 65'535).value_or(0) > 0;
  });
}

bool operation_names_number(const Value* operation) {
  const std::string_view path = string_in(operation, "path");
  const Value* value = member(operation, "value");
  if (path.ends_with("/nodePort")) return whole_number(value, 65'535).value_or(0) > 0;
  if (path.starts_with("/spec/ports")) return ports_name_number(value);
  if (path == "/spec") return ports_name_number(member(value, "ports"));
  return path.empty() && ports_name_number(member(member(value, "spec"), "ports"));
}

}  // namespace

PatchReach reach_of(const Value& patch) {
  if (patch.kind == Value::Kind::array) return reach_of_operations(patch);
  if (patch.kind != Value::Kind::object) return PatchReach::not_told;
  const Value* spec = patch.find("spec");
  if (has_directive(patch)) return PatchReach::not_told;
  if (spec == nullptr) return PatchReach::none;
  if (!is_object(spec) || has_directive(*spec)) return PatchReach::not_told;
  const auto names = [spec](std::string_view field) { return spec->find(field) != nullptr; };
  if (!string_in(spec, "type").empty()) return PatchReach::told;
  const bool names_any = std::any_of(kDoorFields.begin(), kDoorFields.end(), names);
  if (!names_any) return PatchReach::none;
  const bool names_others =
      std::any_of(kDoorFields.begin(), kDoorFields.end(),
                  [&](std::string_view field) { return field != "externalIPs" && names(field); });
  return names_others ? PatchReach::not_told : PatchReach::told;
}

bool names_node_port(const Value& body) {
  if (body.kind == Value::Kind::array) {
    return std::any_of(body.items, body.items + body.size,
                       [](const Value& each) { return operation_names_number(&each); });
  }
  return ports_name_number(member(body.find("spec"), "ports"));
}

}  // namespace nodeportd
