#pragma once

#include <string>
#include <vector>

#include "match/rule_set.hpp"

namespace nodeportd {

// What a person is told of the words by which the scan finds the lines that are worth parsing.

// Prints for each rule, and for the history of Services, the words and the carriers in which the
// scan finds them.
void print_literals(const RuleSet& rules);

// For each rule that no words stand for, so that every line is parsed on its account: a warning
// that names it, what it costs and what would help.
[[nodiscard]] std::vector<std::string> warnings_of_rules_without_literals(const RuleSet& rules);

}  // namespace nodeportd
