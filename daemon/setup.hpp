#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/problem.hpp"
#include "config/config.hpp"
#include "match/rule_loader.hpp"
#include "match/rule_set.hpp"
#include "source/source.hpp"
#include "state/store_options.hpp"

namespace nodeportd {

// The config and what it leads to, or everything that is wrong with it.
struct Setup {
  Config config;
  bool is_config_well = false;           // the problems are of rules and exceptions alone
  std::shared_ptr<const RuleSet> rules;  // null when there are problems
  Problems problems;
};

// Reads config, rules and exceptions: all problems of all files in one pass. `kinds`: of what
// `config_path` may be; what it names must be files.
[[nodiscard]] Setup load_setup(const std::string& config_path, FileKinds kinds = FileKinds::any);

// The same for verbs to which a config is optional: its rules and exceptions, or `rules` (without
// exceptions) where there are any or `config_path` is empty.
[[nodiscard]] Setup load_setup_of(const std::string& config_path,
                                  const std::vector<std::string>& rules);

// The rules of `paths` (files, pipes, or folders of files); none: the rules that nodeportd ships.
[[nodiscard]] std::shared_ptr<const RuleSet> load_rules(const std::vector<std::string>& paths,
                                                        Problems& problems);

// The same before they become a set; of use only when there are no problems.
[[nodiscard]] std::vector<CompiledRule> compile_rules(const std::vector<std::string>& paths,
                                                      Problems& problems);

// Each stage's options out of the config.
[[nodiscard]] SourceOptions source_options(const Config& config);
[[nodiscard]] StoreOptions store_options(const Config& config);
// Prints every problem to stderr, one a line, as `file:line:column: text`.
void print_problems(const Problems& problems);

}  // namespace nodeportd
