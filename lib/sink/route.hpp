#pragma once

#include <string>
#include <vector>

#include "model/alert.hpp"

namespace nodeportd {

// Which alerts a sink gets: those for which everything below holds.
struct Route {
  std::string sink;
  Level min_level = Level::informational;
  std::vector<std::string> rules;  // ids, titles or tags of rules; empty: every rule
  std::vector<Phase> phases;       // empty: every phase
};

// The sinks that are to get `alert`, each once, in the order of `routes`.
[[nodiscard]] std::vector<std::string> route(const Alert& alert, const std::vector<Route>& routes);

}  // namespace nodeportd
