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
  // The apiserver's library passes over what stands before the first slash.
  const std::size_t slash = pointer->text.find('/');
  if (slash == std::string_view::npos) return true;
  std::string_view path = pointer->text.substr(slash);
  if (path == "/" || path == kSpec) return true;
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

// Whether the ports of a patch that names the type stand in it. An empty list leaves what is stored
// in a strategic merge patch and in apply; an element may be a directive.
bool are_told(const Value* ports) {
  if (ports == nullptr) return true;  // all there are
  if (!is_list(ports) || ports->size == 0) return false;
  return std::none_of(ports->items, ports->items + ports->size,
                      [](const Value& port) { return !is_object(&port) || has_directive(port); });
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
  std::string_view path = string_in(operation, "path");
  path.remove_prefix(std::min(path.find('/'), path.size()));
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
  const auto others = std::count_if(kDoorFields.begin(), kDoorFields.end(), names);
  if (others == 0) return PatchReach::none;
  const std::string_view type = string_in(spec, "type");
  const bool has_ports = type == "NodePort" || type == "LoadBalancer";
  if (!type.empty() && (!has_ports || are_told(spec->find("ports")))) return PatchReach::told;
  const Value* addresses = spec->find("externalIPs");
  const bool adds_addresses = others == 1 && is_list(addresses) && addresses->size > 0;
  return adds_addresses ? PatchReach::told : PatchReach::not_told;
}

bool names_node_port(const Value& body) {
  if (body.kind == Value::Kind::array) {
    return std::any_of(body.items, body.items + body.size,
                       [](const Value& each) { return operation_names_number(&each); });
  }
  return ports_name_number(member(body.find("spec"), "ports"));
}

}  // namespace nodeportd
