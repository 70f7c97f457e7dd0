#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/problem.hpp"
#include "base/yaml.hpp"
#include "model/rule.hpp"

namespace nodeportd {

// A test that stands in a rule file: what is read, and the final alerts that the rule gives then.
struct RuleTest {
  std::string name;
  Place place;
  std::vector<std::string> records;  // in the order of the log, as they would stand in a file
  YamlNode alerts;                   // a list of maps; see differences()
};

// The `tests` of a rule: `cases`, each with `name`, `events` and `alerts`, and maybe `event`, which
// the events have in common. Strict: what a slip of the pen would change in silence is a problem.
// `room`: bytes that events may still take, with what is merged into each. A file of 1 MiB could
// stand for gigabytes.
[[nodiscard]] std::vector<RuleTest> load_rule_tests(const YamlNode& node, const Rule& rule,
                                                    const std::string& file, std::size_t& room,
                                                    Problems& problems);

}  // namespace nodeportd
