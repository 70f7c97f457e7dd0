#pragma once

#include <string_view>
#include <vector>

namespace nodeportd {

struct ShippedRule {
  std::string_view name;  // of the file in config/rules
  std::string_view yaml;
};

// Every rule file of config/rules, as it was when this was built.
[[nodiscard]] const std::vector<ShippedRule>& shipped_rules();

}  // namespace nodeportd
