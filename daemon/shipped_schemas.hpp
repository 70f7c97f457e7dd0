#pragma once

#include <string_view>

namespace nodeportd {

// The files of config/schema, as they were when this was built.
[[nodiscard]] std::string_view config_schema();
[[nodiscard]] std::string_view rules_schema();

}  // namespace nodeportd
