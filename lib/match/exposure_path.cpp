#include "match/exposure_path.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace nodeportd {
namespace {

constexpr std::string_view kRoot = "exposure";
constexpr std::array<std::string_view, 2> kCourse = {"change", "before"};
constexpr std::array<std::string_view, 2> kEvents = {"opened", "audit_id_reused"};

// What follows the root and its dot; empty: nothing does.
std::string_view fact_of(const FieldPath& path) {
  std::string_view rest = path.text();
  rest.remove_prefix(std::min(rest.size(), kRoot.size() + 1));
  return rest.substr(0, rest.find_first_of(".["));
}

}  // namespace

bool is_exposure(const FieldPath& path) {
  const std::string_view text = path.text();
  return text.starts_with(kRoot) && (text.size() == kRoot.size() || text[kRoot.size()] == '.');
}

bool asks_for(const FieldPath& path, Unknown unknown) {
  if (!is_exposure(path)) return false;
  const std::string_view fact = fact_of(path);
  const auto is_in = [fact](const auto& facts) {
    return std::find(facts.begin(), facts.end(), fact) != facts.end();
  };
  return fact.empty() || is_in(kCourse) || (unknown == Unknown::history && is_in(kEvents));
}

Literals exposure_literals() {
  return {{"services", "create"},
          {"services", "delete"},
          {"services", "patch"},
          {"services", "update"}};
}

}  // namespace nodeportd
