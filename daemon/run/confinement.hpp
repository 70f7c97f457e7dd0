#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "confine/landlock.hpp"

namespace nodeportd {

// What was asked for and what came of it.
struct Confinement {
  std::optional<Result<int>> files;  // Landlock's version; nullopt: not asked for
  std::optional<Result<void>> system_calls;
};

// One line: by what the daemon is confined, and by what it is not and why.
[[nodiscard]] std::string to_text(const Confinement& confinement);

// Takes from the process what its configuration does not need: files, system calls (`confine` of
// the config), privileges through programs, and its core dump, which would hold tokens and keys.
// Call before any thread is started. The state's directory must be there. What the kernel does not
// have is told to `log`, and the daemon goes on without. Returns the files that are left; nullopt:
// all of them.
std::optional<std::vector<AllowedPath>> confine(const Config& config,
                                                const std::string& config_file, const Log& log);

}  // namespace nodeportd
