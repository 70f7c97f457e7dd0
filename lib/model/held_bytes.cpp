#include "model/held_bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nodeportd {
namespace {

// Of an allocation: glibc's header and the rounding up to 16 bytes.
constexpr std::size_t kAllocation = 16;
// Shorter strings of libstdc++ lie within the object.
constexpr std::size_t kInPlace = 15;
// Of whoever holds windows: the identity as a key of two indexes, with their nodes.
constexpr std::size_t kIndexes = 400;

// Everything below counts what lies outside of the object itself.
std::size_t heap(std::uint64_t /*number*/) {
  return 0;
}

std::size_t heap(const std::string& text) {
  return text.size() > kInPlace ? text.size() + 1 + kAllocation : 0;
}

std::size_t heap(const RiskObject& object) {
  return heap(object.field) + heap(object.type) + heap(object.value);
}

std::size_t heap(const EventRef& event) {
  return heap(event.audit_id) + heap(event.stage);
}

std::size_t heap(const NodePort& port) {
  return heap(port.name) + heap(port.target_port) + heap(port.protocol);
}

template <typename T>
std::size_t heap(const std::optional<T>& value) {
  return value ? heap(*value) : 0;
}

template <typename T>
std::size_t heap(const std::vector<T>& list);

template <typename T, typename U>
std::size_t heap(const std::pair<T, U>& pair) {
  return heap(pair.first) + heap(pair.second);
}

std::size_t heap(const Doors& doors) {
  return heap(doors.node_ports) + heap(doors.external_ips);
}

std::size_t heap(const Exposure& facts) {
  return heap(facts.audit_id) + heap(facts.type) + heap(facts.doors) + facts.via.size() +
         heap(facts.inspectable_reason) + heap(facts.ns) + heap(facts.name) + heap(facts.uid) +
         heap(facts.user) + heap(facts.actor) + heap(facts.origin_ip) + heap(facts.opened);
}

template <typename T>
std::size_t heap(const std::vector<T>& list) {
  if (list.empty()) return 0;
  std::size_t bytes = kAllocation + list.size() * sizeof(T);
  for (const T& item : list) bytes += heap(item);
  return bytes;
}

std::size_t heap(const Alert& alert) {
  return heap(alert.id) + heap(alert.epoch) + heap(alert.rule_id) + heap(alert.rule_name) +
         heap(alert.tags) + heap(alert.cluster) + heap(alert.node) + heap(alert.group) +
         heap(alert.values) + heap(alert.user) + heap(alert.src_ip) + heap(alert.message) +
         heap(alert.risk_objects) + heap(alert.threat_objects) + heap(alert.story) +
         heap(alert.mitre_attack_ids) + heap(alert.exposures) + heap(alert.events) +
         heap(alert.facts);
}

}  // namespace

std::size_t held_bytes(const Match& match) {
  return sizeof(Match) + heap(match.groups) + heap(match.values) + heap(match.novelty) +
         heap(match.event) + heap(match.event.source);
}

std::size_t held_bytes(const ServiceWrite& write) {
  return sizeof(ServiceWrite) + heap(write.exposure);
}

std::size_t held_bytes(const Alert& alert) {
  return kAllocation + sizeof(Alert) + heap(alert);
}

std::size_t held_bytes(const Window& window) {
  return kIndexes + sizeof(Window) + heap(window.alert) + heap(window.seen);
}

}  // namespace nodeportd
