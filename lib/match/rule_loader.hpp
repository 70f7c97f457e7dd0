#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "base/problem.hpp"
#include "match/detection.hpp"
#include "match/field_path.hpp"
#include "match/rule_tests.hpp"
#include "model/rule.hpp"

namespace nodeportd {

// A rule of a file, ready to be asked.
struct CompiledRule {
  Rule rule;
  Place place;         // of its id
  Place yields_place;  // of its `yields_to`
  Detection detection;
  std::vector<FieldPath> group_by;  // as rule.aggregate.group_by, and so on
  std::vector<FieldPath> values;
  std::vector<FieldPath> alert_on_new;
  // Some field of it is known only once the history of a Service is.
  bool asks_history = false;
  std::vector<RuleTest> tests;  // for `nodeportd test` alone
};

struct RuleReading {
  FileKinds kinds = FileKinds::regular;  // of what may be named; in a folder only files are rules
  bool keeps_tests = false;              // they are checked anyway
};

// The Sigma rules of files, and of folders' `*.yml` and `*.yaml` in the order of their names (not
// of folders in them). What cannot be read, or cannot be honoured exactly, is a problem with its
// place; the first kProblemsMax are found in one pass, and the rules are of use only when there are
// none. That a load has over 10,000 rules or 8 MiB of them is a problem, too: they stay in memory.
[[nodiscard]] std::vector<CompiledRule> load_rule_files(const std::vector<std::string>& paths,
                                                        Problems& problems,
                                                        RuleReading reading = {});

// Whether a file of that name in a folder of rules is one.
[[nodiscard]] bool is_rule_file(std::string_view name);

// Adds the rules of one text, which may hold several documents. Ids are unique over all of `rules`.
void load_rule_text(std::string_view text, const std::string& file,
                    std::vector<CompiledRule>& rules, Problems& problems);

// A rule id as all compare it.
[[nodiscard]] std::string lower_case_id(std::string_view id);

// Every key that Sigma or nodeportd gives a rule. A rule may have others, of its own.
[[nodiscard]] std::vector<std::string_view> rule_keys();

}  // namespace nodeportd
