#pragma once

#include <string>

#include "model/exposure.hpp"

namespace nodeportd::test {

inline std::string doors_text(const Doors& doors) {
  std::string text;
  for (const NodePort& port : doors.node_ports) {
    text += " " + (port.number ? std::to_string(*port.number) : "?");
    text += "/" + port.protocol;
  }
  for (const std::string& address : doors.external_ips) text += " ip=" + address;
  if (doors.health_check_node_port) {
    text += " health=" + std::to_string(*doors.health_check_node_port);
  }
  return text;
}

// The facts of a write in one line: `created succeeded NodePort 32600/TCP via node_port; full`.
inline std::string text_of(const Exposure& exposure) {
  std::string text(to_text(exposure.change));
  text += " " + std::string(to_text(exposure.outcome)) + " " + exposure.type.value_or("-");
  text += doors_text(exposure.doors);
  for (std::size_t i = 0; i < exposure.via.size(); ++i) {
    text += (i == 0 ? " via " : ",") + std::string(to_text(exposure.via[i]));
  }
  text += "; " + std::string(to_text(exposure.inspectable));
  if (!exposure.inspectable_reason.empty()) text += " (" + exposure.inspectable_reason + ")";
  return text;
}

}  // namespace nodeportd::test
