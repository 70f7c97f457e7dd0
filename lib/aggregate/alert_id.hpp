#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "model/match.hpp"
#include "model/rule.hpp"

namespace nodeportd {

// Where an alert is raised: part of its identity, so that two nodes never share one.
struct Origin {
  std::string cluster;
  std::string node;
  std::string epoch;  // of the state file; not part of the identity
};

// Names one tuple of one rule in one window for ever: the first 128 bits of SHA-256 over the
// length-prefixed cluster, node, rule id, window start (microseconds since 1970, in decimal), and
// each group name and value; a null value differs from an empty one. 32 hexadecimal digits.
[[nodiscard]] std::string alert_id(const Origin& origin, const Rule& rule, WallTime window_start,
                                   const Group& group);

}  // namespace nodeportd
