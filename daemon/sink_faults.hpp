#pragma once

#include <string>
#include <vector>

#include "base/problem.hpp"
#include "config/load.hpp"
#include "match/rule_loader.hpp"

namespace nodeportd {

// What is wrong with the sinks of a config that is well by itself, `file`.

// Names in `rules` of a sink that no rule answers to: its alerts would go nowhere.
void find_unknown_rules(const LoadedConfig& loaded, const std::string& file,
                        const std::vector<CompiledRule>& rules, Problems& problems);

// Files that are a followed log under another name, by a link.
void find_linked_logs(const LoadedConfig& loaded, const std::string& file, Problems& problems);

}  // namespace nodeportd
