#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nodeportd {

// A fact about the daemon itself that a SOC must hear of, since it means that it could not see or
// may not be heard. It becomes an alert under the built-in rule of that name (model/rule.hpp).
struct Notice {
  std::string rule;  // `source.lines_lost`
  std::string text;  // one line for a human
  std::vector<std::pair<std::string, std::string>> facts;

  friend bool operator==(const Notice&, const Notice&) = default;
};

}  // namespace nodeportd
