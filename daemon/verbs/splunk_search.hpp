#pragma once

#include "daemon/cli.hpp"
#include "match/rule_set.hpp"

namespace nodeportd {

// `replay --splunk`: what Splunk's search over the same lines prints, for each rule; the whole
// input is its one batch. Returns the exit code.
[[nodiscard]] int replay_splunk(const ReplayCommand& command, const RuleSet& rules);

}  // namespace nodeportd
