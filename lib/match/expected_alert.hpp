#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/yaml.hpp"
#include "model/event.hpp"
#include "model/rule.hpp"

namespace nodeportd {

// The keys that an alert of a rule has in its JSON, with those of what is in it: `window.start`.
// Beside them stand the names that the rule gives: `group.user`. Where an alert says in which file
// an event stood is left out: a test has none.
[[nodiscard]] std::span<const std::string_view> alert_keys();

// Whether the node is a list of maps that an alert of the rule can be compared with; else problems.
void check_expected_alerts(const YamlNode& alerts, const Rule& rule, const std::string& file,
                           Problems& problems);

// Where an alert is not as expected; both sides as JSON.
struct Difference {
  std::string path;  // `alerts[0].group.user`
  std::string expected;
  std::string got;
};

// How `got` differs from `expected`: a map asks for its keys alone; lists are as long as each other
// and agree one by one; numbers compare as values, text and booleans as they are.
[[nodiscard]] std::vector<Difference> differences(const YamlNode& expected, const Value& got,
                                                  const std::string& path);

}  // namespace nodeportd
