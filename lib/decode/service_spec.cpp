#include "decode/service_spec.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "decode/json_read.hpp"

namespace nodeportd {
namespace {

constexpr std::uint32_t kPortMax = 65'535;
constexpr std::size_t kPortTextMax =
    256;  // bytes of a port's texts, which the API keeps far shorter

std::optional<std::uint32_t> port_in(const Value* object, std::string_view name) {
  const auto number = whole_number(member(object, name), kPortMax);
  return number == 0U ? std::nullopt : number;
}

std::string port_text(const Value* object, std::string_view name) {
  const Value* found = member(object, name);
  if (found == nullptr || !found->is_scalar()) return "";
  return bounded_utf8(found->text, kPortTextMax);
}

enum class Unnumbered : std::uint8_t { counts, is_none };

void add_node_ports(const Value& spec, Unnumbered unnumbered, std::size_t most, Doors& doors) {
  const Value* ports = spec.find("ports");
  if (!is_list(ports)) return;
  for (std::size_t i = 0; i < ports->size && doors.node_ports.size() < most; ++i) {
    const Value* port = &ports->items[i];
    // A strategic merge patch's directive to delete or to replace is no port.
    if (!is_object(port) || port->find("$patch") != nullptr) continue;
    const auto number = port_in(port, "nodePort");
    if (!number && unnumbered == Unnumbered::is_none) continue;
    doors.node_ports.push_back({.number = number,
                                .name = port_text(port, "name"),
                                .port = port_in(port, "port"),
                                .target_port = port_text(port, "targetPort"),
                                .protocol = port_text(port, "protocol")});
  }
}

void add_external_ips(const Value& spec, std::size_t most, Doors& doors) {
  const Value* addresses = spec.find("externalIPs");
  if (!is_list(addresses)) return;
  for (std::size_t i = 0; i < addresses->size && doors.external_ips.size() < most; ++i) {
    const Value& address = addresses->items[i];
    if (address.kind != Value::Kind::string || address.text.empty()) continue;
    doors.external_ips.push_back(bounded_utf8(address.text, kPortTextMax));
  }
}

ServiceSpec read_spec(const Value& spec, std::size_t most) {
  ServiceSpec read;
  const std::string_view type = string_in(&spec, "type");
  if (!type.empty()) read.type = bounded_utf8(type, kPortTextMax);
  add_external_ips(spec, most, read.doors);
  return read;
}

bool allocates_for_load_balancer(const Value& spec) {
  const Value* allocates = spec.find("allocateLoadBalancerNodePorts");
  return allocates == nullptr || allocates->kind != Value::Kind::boolean ||
         allocates->text == "true";
}

}  // namespace

bool takes_node_ports(const std::optional<std::string>& type) {
  return type == "NodePort" || type == "LoadBalancer";
}

ServiceSpec read_stored_spec(const Value& spec, std::size_t most) {
  ServiceSpec read = read_spec(spec, most);
  if (!takes_node_ports(read.type)) return read;
  add_node_ports(spec, Unnumbered::is_none, most, read.doors);
  read.doors.health_check_node_port = port_in(&spec, "healthCheckNodePort");
  return read;
}

ServiceSpec read_requested_spec(const Value& spec, std::size_t most) {
  ServiceSpec read = read_spec(spec, most);
  if (read.type && !takes_node_ports(read.type)) return read;
  const bool allocates =
      read.type == "NodePort" || (read.type && allocates_for_load_balancer(spec));
  add_node_ports(spec, allocates ? Unnumbered::counts : Unnumbered::is_none, most, read.doors);
  // A patch that names the type alone opens whatever ports there are.
  if (allocates && spec.find("ports") == nullptr) read.doors.node_ports.emplace_back();
  read.doors.health_check_node_port = port_in(&spec, "healthCheckNodePort");
  return read;
}

}  // namespace nodeportd
