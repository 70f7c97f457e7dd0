#include "match/exceptions.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "base/yaml_map.hpp"
#include "match/detection_loader.hpp"

namespace nodeportd {
namespace {

// The built-in facts that an exception may silence: those that one record gives.
std::array<std::string_view, 2> builtin_ids() {
  return {builtin::line_uninspectable().id, builtin::groups_truncated().id};
}

class ExceptionLoader {
 public:
  ExceptionLoader(const std::string& file, const std::vector<CompiledRule>& rules,
                  Problems& problems)
      : file_(file), problems_(problems), problems_before_(problems.size()) {
    for (const CompiledRule& each : rules) known_.push_back(each.rule.id);
    for (const std::string_view id : builtin_ids()) known_.push_back(id);
    std::sort(known_.begin(), known_.end());
  }

  ExceptionSpec load(const YamlNode& node) {
    ExceptionSpec spec;
    YamlMap map(node, file_, problems_, "an exception");
    spec.name = map.required_text("name").value_or("");
    if (map.required("rules") != nullptr) read_rules(map, spec);
    if (const YamlNode* condition = map.required("condition")) read_condition(*condition, spec);
    spec.reason = map.required_text("reason").value_or("");
    if (const auto until = map.text("until")) {
      spec.until = parse_time(*until);
      if (!spec.until) {
        map.complain(*map.node("until"), "'until' must be a time such as 2027-01-01T00:00:00Z, " +
                                             std::string("this is '") + *until + "'");
      }
    }
    map.refuse_unknown_keys();
    return spec;
  }

 private:
  void read_rules(YamlMap& map, ExceptionSpec& spec) {
    const YamlNode& node = *map.node("rules");
    const std::vector<std::string> ids = map.texts("rules");
    if (ids.empty() && node.is_sequence()) map.complain(node, "'rules' names no rule");
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const YamlNode& at =
          node.is_sequence() && node.items.size() == ids.size() ? node.items[i] : node;
      if (ids[i] == "*") {
        spec.of_all_rules = true;
        continue;
      }
      spec.rules.push_back(lower_case_id(ids[i]));
      if (std::binary_search(known_.begin(), known_.end(), spec.rules.back())) continue;
      if (problems_.size() - problems_before_ >= kProblemsMax) return;
      map.complain(at,
                   "no rule has the id '" + ids[i] + "'" + did_you_mean(spec.rules.back(), known_));
    }
  }

  void read_condition(const YamlNode& node, ExceptionSpec& spec) {
    const bool has_names = node.is_map() && node.find("condition") != nullptr;
    auto condition =
        has_names ? load_detection(node, file_, problems_) : load_selection(node, file_, problems_);
    if (condition) spec.condition = std::move(*condition);
  }

  const std::string& file_;
  Problems& problems_;
  const std::size_t problems_before_;
  std::vector<std::string_view> known_;
};

}  // namespace

std::vector<ExceptionSpec> load_exceptions(const YamlNode& list, const std::string& file,
                                           const std::vector<CompiledRule>& rules,
                                           Problems& problems) {
  std::vector<ExceptionSpec> exceptions;
  if (list.is_null()) return exceptions;
  if (!list.is_sequence()) {
    problems.push_back({{file, list.line, list.column},
                        "'exceptions' must be a list, this is " + std::string(list.kind_name())});
    return exceptions;
  }
  const std::size_t before = problems.size();
  ExceptionLoader loader(file, rules, problems);
  std::set<std::string> names;
  for (const YamlNode& item : list.items) {
    if (problems.size() - before >= kProblemsMax) break;
    ExceptionSpec spec = loader.load(item);
    if (!names.insert(spec.name).second && !spec.name.empty()) {
      const YamlNode& at = *item.find("name");
      problems.push_back(
          {{file, at.line, at.column}, "two exceptions are called '" + spec.name + "'"});
    }
    exceptions.push_back(std::move(spec));
  }
  keep_first(problems, before);
  return exceptions;
}

std::vector<const ExceptionSpec*> expired(const std::vector<ExceptionSpec>& exceptions,
                                          WallTime now) {
  std::vector<const ExceptionSpec*> over;
  for (const ExceptionSpec& exception : exceptions) {
    if (exception.is_over(now)) over.push_back(&exception);
  }
  return over;
}

}  // namespace nodeportd
