#pragma once

#include <string>

#include "base/problem.hpp"
#include "base/yaml.hpp"
#include "model/rule.hpp"

namespace nodeportd {

// What a rule without an `aggregate` block gets: an hour, by who did what to which object from
// where, and how it ended.
[[nodiscard]] AggregateSpec default_aggregate();

// Our `aggregate` block; strict.
[[nodiscard]] AggregateSpec load_aggregate(const YamlNode& node, const std::string& file,
                                           Problems& problems);

// Our `risk` block; strict. Its fields are names of `aggregate.group_by`.
[[nodiscard]] RiskSpec load_risk(const YamlNode& node, const AggregateSpec& aggregate,
                                 const std::string& file, Problems& problems);

}  // namespace nodeportd
