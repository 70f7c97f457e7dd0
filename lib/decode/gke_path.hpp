#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>

namespace nodeportd {

// What a request was about, as an audit event's objectRef has it; empty is what there is none of.
// The core group is empty too.
struct GkePath {
  std::string_view group;
  std::string_view version;
  std::string_view ns;
  std::string_view resource;
  std::string_view name;
  std::string_view subresource;
};

// Of `core/v1/namespaces/default/services/web/status`, read as the apiserver reads a request's
// path; nullopt for what leads to no resource.
[[nodiscard]] std::optional<GkePath> parse_resource_name(std::string_view resource_name);

// Of `io.k8s.core.v1.services.status.update`, where the group is a domain backwards: neither
// namespace nor name. Text that is not in it lies in `arena`.
[[nodiscard]] std::optional<GkePath> parse_method_name(std::string_view method_name,
                                                       std::pmr::memory_resource& arena);

// `update` of the same.
[[nodiscard]] std::string_view verb_of(std::string_view method_name);

// `v1`, `v2beta1`.
[[nodiscard]] bool is_api_version(std::string_view label);

}  // namespace nodeportd
