#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "model/event.hpp"
#include "model/exposure.hpp"

namespace nodeportd {

// What the `spec` of a core/v1 Service says of the doors that it opens.
struct ServiceSpec {
  std::optional<std::string> type;
  Doors doors;
};

// The node ports of types that have them (NodePort and LoadBalancer), all that is told of them,
// at most `most` of each kind.
//
// A spec that the apiserver stored holds every number.
[[nodiscard]] ServiceSpec read_stored_spec(const Value& spec, std::size_t most);
// In one that a client asks for, a port without a number gets one if the type takes node ports;
// where the type is not told, only what has a number is a node port. Where it takes node ports and
// the ports are not told, one that nothing is known of stands for them.
[[nodiscard]] ServiceSpec read_requested_spec(const Value& spec, std::size_t most);

// Whether a Service of this type listens on node ports.
[[nodiscard]] bool takes_node_ports(const std::optional<std::string>& type);

}  // namespace nodeportd
