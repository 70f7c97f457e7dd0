#pragma once

#include <string>
#include <string_view>

#include "daemon/completion_tree.hpp"

namespace nodeportd {

// The script that lets `shell` (bash, zsh or fish) complete the command line.
[[nodiscard]] std::string completion_script(const OfferedVerb& program, std::string_view shell);

}  // namespace nodeportd
