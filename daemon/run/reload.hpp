#pragma once

#include <optional>
#include <string>
#include <vector>

#include "confine/landlock.hpp"
#include "daemon/setup.hpp"
#include "model/notice.hpp"

namespace nodeportd {

// A second reading of the configuration, by a daemon that runs.
struct Reload {
  Setup setup;  // with problems nothing of it is used
  // Keys that differ from what runs and count only after a restart, and paths that the running
  // daemon may not open.
  std::vector<std::string> restart;
};

// Reads config, rules and exceptions anew. `allowed` are the files that are left to the daemon;
// nullopt: all.
[[nodiscard]] Reload load_again(const std::string& config_path, const Config& running,
                                const std::optional<std::vector<AllowedPath>>& allowed);

// The keys whose change a running daemon does not take up.
[[nodiscard]] std::vector<std::string> keys_for_restart(const Config& running, const Config& next);

// The same for whoever asked, as JSON: `reloaded`, `rules`, `exceptions`, `problems`,
// `restart_needed`.
[[nodiscard]] std::string to_json(const Reload& reload);

// To be told: what was taken up, or why nothing was.
[[nodiscard]] Notice notice_of(const Reload& reload);

}  // namespace nodeportd
