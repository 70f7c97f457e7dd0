#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/problem.hpp"
#include "base/yaml.hpp"
#include "match/detection.hpp"
#include "match/rule_loader.hpp"

namespace nodeportd {

// What an operator does not want to hear of: matches of the rules it lists, where its condition
// holds, before `until` in event time.
struct ExceptionSpec {
  std::string name;
  bool of_all_rules = false;       // '*': every rule of a file; the built-in ones only by id
  std::vector<std::string> rules;  // ids
  Detection condition;
  std::string reason;
  std::optional<WallTime> until;

  // An event that tells no time, which is one of 1970 or before, may have happened after any end.
  [[nodiscard]] bool is_over(WallTime time) const {
    return until && (time >= *until || time <= WallTime());
  }
};

// The `exceptions` list of a config, given as it was written: for each `name`, `rules` (ids, or
// '*'), `condition` (one selection, or selections and their condition), `reason`, and maybe
// `until`. An id that no rule has, a name given twice and an unknown key are problems.
[[nodiscard]] std::vector<ExceptionSpec> load_exceptions(const YamlNode& list,
                                                         const std::string& file,
                                                         const std::vector<CompiledRule>& rules,
                                                         Problems& problems);

// Those that suppress nothing that happens from `now` on, for the log at start.
[[nodiscard]] std::vector<const ExceptionSpec*> expired(
    const std::vector<ExceptionSpec>& exceptions, WallTime now);

}  // namespace nodeportd
