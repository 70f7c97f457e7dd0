#pragma once

#include <vector>

#include "base/result.hpp"
#include "match/expected_alert.hpp"
#include "match/rule_set.hpp"
#include "match/rule_tests.hpp"

namespace nodeportd {

// Runs a test of the one rule of `rules` through the daemon's own engine; how what it finds differs
// from what the test expects, or an error where the engine could not run.
[[nodiscard]] Result<std::vector<Difference>> run_rule_test(const RuleSet& rules,
                                                            const RuleTest& test);

}  // namespace nodeportd
