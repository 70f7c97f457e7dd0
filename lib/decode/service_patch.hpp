#pragma once

#include <cstdint>

#include "model/event.hpp"

namespace nodeportd {

// What a patch of a Service may do to the doors that it opens.
enum class PatchReach : std::uint8_t {
  none,      // it names nothing of the kind
  told,      // what it does stands in it: it names the type and whole ports, or external IPs alone
  not_told,  // it depends on what is stored: ports without the type, a directive, a JSON Patch
};

// `patch` is the body as the apiserver logs it: a merge, strategic merge or apply patch is an
// object, a JSON Patch (RFC 6902) a list of operations, of which one at, above or below
// /spec/type, /spec/ports or /spec/externalIPs counts, `copy` and `move` by both of their paths.
[[nodiscard]] PatchReach reach_of(const Value& patch);

// Whether a body, of whatever kind, gives a port's nodePort a number.
[[nodiscard]] bool names_node_port(const Value& body);

}  // namespace nodeportd
