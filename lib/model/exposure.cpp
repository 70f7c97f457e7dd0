#include "model/exposure.hpp"

#include <array>

namespace nodeportd {
namespace {

template <std::size_t N, typename Enum>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view to_text(Exposure::Change change) {
  static constexpr std::array<std::string_view, 6> kNames = {"created", "updated", "patched",
                                                             "applied", "touched", "closed"};
  return name_of(kNames, change);
}

std::string_view to_text(Exposure::Outcome outcome) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "succeeded", "denied", "rejected", "conflict", "dry_run", "failed", "unknown"};
  return name_of(kNames, outcome);
}

std::string_view to_text(Exposure::Via via) {
  static constexpr std::array<std::string_view, 5> kNames = {
      "node_port", "load_balancer", "explicit_port", "external_ips", "health_check"};
  return name_of(kNames, via);
}

std::string_view to_text(Exposure::Inspectable inspectable) {
  static constexpr std::array<std::string_view, 3> kNames = {"full", "request_only", "none"};
  return name_of(kNames, inspectable);
}

std::string_view to_text(Exposure::Before before) {
  static constexpr std::array<std::string_view, 4> kNames = {"unknown", "absent", "closed", "open"};
  return name_of(kNames, before);
}

}  // namespace nodeportd
