#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "confine/landlock.hpp"

namespace nodeportd {

struct ConfinedPaths {
  std::vector<AllowedPath> allowed;  // sorted, each once
  // Folders that are not there. Made later, they are refused until a restart: to allow the folder
  // above would allow what else it holds.
  std::vector<std::string> missing;
};

// What the daemon opens while it runs, as the files lie now: the folders of logs and where their
// links lead, of the config and its rules, of sinks and their secrets, of the state, and what name
// resolution and TLS read where a sink needs them. A folder that also holds what is not ours (/etc,
// /etc/kubernetes) is not allowed as a whole, only the file is.
[[nodiscard]] ConfinedPaths confined_paths(const Config& config, const std::string& config_file);

// Of these the config and its rules alone, which a reload opens.
[[nodiscard]] ConfinedPaths paths_of_rules(const std::vector<std::string>& rules,
                                           const std::string& config_file);

// Those that are there: what the kernel takes notice of.
[[nodiscard]] std::vector<AllowedPath> there(ConfinedPaths paths);

}  // namespace nodeportd
