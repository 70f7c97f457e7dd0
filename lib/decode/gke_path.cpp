#include "decode/gke_path.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace nodeportd {
namespace {

constexpr std::string_view kCore = "core";
// Of Kubernetes' own groups those that have no domain, though their method names begin as others'.
constexpr std::array<std::string_view, 6> kPlainGroups = {"apps", "autoscaling", "batch",
                                                          kCore,  "extensions",  "policy"};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view without_core(std::string_view group) {
  return group == kCore ? std::string_view() : group;
}

// `io.k8s.authorization.rbac` is rbac.authorization.k8s.io, and `io.k8s.apps` apps.
std::string_view group_of(std::string_view backwards, std::pmr::memory_resource& arena) {
  constexpr std::string_view kKubernetes = "io.k8s.";
  if (backwards.starts_with(kKubernetes)) {
    const std::string_view own = backwards.substr(kKubernetes.size());
    if (std::find(kPlainGroups.begin(), kPlainGroups.end(), own) != kPlainGroups.end()) {
      return without_core(own);
    }
  }
  const std::vector<std::string_view> labels = split(backwards, '.');
  char* const made = static_cast<char*>(arena.allocate(backwards.size() + 1, 1));
  char* end = made;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    if (label != labels.rbegin()) *end++ = '.';
    end = std::copy(label->begin(), label->end(), end);
  }
  return {made, static_cast<std::size_t>(end - made)};
}

}  // namespace

std::optional<GkePath> parse_resource_name(std::string_view resource_name) {
  const std::vector<std::string_view> parts = split(resource_name, '/');
  if (parts.size() < 3 || !is_api_version(parts[1]) || parts[2].empty()) return std::nullopt;
  GkePath path;
  path.group = without_core(parts[0]);
  path.version = parts[1];
  std::size_t resource = 2;
  if (parts[2] == "namespaces" && parts.size() > 3) {
    path.ns = parts[3];
    // What follows is in the namespace, unless it is the namespace's own subresource.
    if (parts.size() > 4 && parts[4] != "status" && parts[4] != "finalize") resource = 4;
  }
  path.resource = parts[resource];
  if (parts.size() > resource + 1) path.name = parts[resource + 1];
  if (parts.size() > resource + 2) path.subresource = parts[resource + 2];
  return path;
}

std::optional<GkePath> parse_method_name(std::string_view method_name,
                                         std::pmr::memory_resource& arena) {
  const std::vector<std::string_view> labels = split(method_name, '.');
  const auto version = std::find_if(labels.begin(), labels.end(), is_api_version);
  // Behind it at least a resource and the verb.
  if (version == labels.begin() || labels.end() - version < 3) return std::nullopt;
  const auto group = static_cast<std::size_t>(version->data() - method_name.data()) - 1;
  GkePath path;
  path.group = group_of(method_name.substr(0, group), arena);
  path.version = *version;
  path.resource = version[1];
  if (labels.end() - version > 3) path.subresource = version[2];
  return path;
}

std::string_view verb_of(std::string_view method_name) {
  return method_name.substr(method_name.rfind('.') + 1);
}

bool is_api_version(std::string_view label) {
  return label.size() > 1 && label[0] == 'v' && label[1] >= '0' && label[1] <= '9';
}

}  // namespace nodeportd
