#pragma once

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace nodeportd {

// Creates `directory` (mode 0700, parents as the umask has it) if it is not there.
[[nodiscard]] Result<void> make_directory(const std::string& directory);

// The same, and takes its `lock` file for this process, until the descriptor is closed. Kind closed
// when another one has it.
[[nodiscard]] Result<Fd> lock_directory(const std::string& directory);

}  // namespace nodeportd
