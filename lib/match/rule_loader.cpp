#include "match/rule_loader.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/yaml_map.hpp"
#include "match/detection_loader.hpp"
#include "match/exposure_path.hpp"
#include "match/rule_blocks.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kFileMax = 1 << 20;  // bytes
constexpr std::size_t kTitleMax = 256;     // bytes, as in Sigma's schema

// Keys that say what a rule does. Sigma lets a rule carry keys of its own, but one that is almost
// one of these is a slip that would change the rule in silence.
constexpr std::array<std::string_view, 12> kEffective = {
    "title",     "id",        "status",    "level", "tags",      "taxonomy",
    "logsource", "detection", "aggregate", "risk",  "yields_to", "tests"};
// Sigma's other keys.
constexpr std::array<std::string_view, 11> kDescriptive = {
    "name", "related",  "description", "license",        "references", "author",
    "date", "modified", "fields",      "falsepositives", "scope"};

bool is_uuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    return form == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}

class RuleLoader {
 public:
  RuleLoader(const YamlNode& document, const std::string& file, Problems& problems)
      : document_(document),
        file_(file),
        problems_(problems),
        map_(document, file, problems, "a rule") {}

  // nullopt after a problem.
  std::optional<CompiledRule> load(const std::vector<CompiledRule>& others) {
    const std::size_t before = problems_.size();
    if (!document_.is_map() || !is_detection_rule()) return std::nullopt;
    CompiledRule compiled;
    load_names(compiled, others);
    load_status();
    check_logsource();
    if (const YamlNode* detection = map_.required("detection")) {
      auto loaded = load_detection(*detection, file_, problems_);
      if (loaded) compiled.detection = std::move(*loaded);
    }
    load_blocks(compiled.rule);
    load_yields(compiled.rule, others);
    if (const YamlNode* tests = map_.node("tests")) {
      compiled.tests = load_rule_tests(*tests, compiled.rule, file_, problems_);
    }
    refuse_near_misses();
    if (problems_.size() != before) return std::nullopt;
    compile_paths(compiled);
    return compiled;
  }

 private:
  // Sigma's other kinds of documents are told apart by their keys.
  bool is_detection_rule() {
    for (const YamlEntry& entry : document_.entries) {
      if (entry.key == "correlation" || entry.key == "filter") {
        complain(entry, "this version reads detection rules alone: '" + entry.key +
                            "' comes in a later version");
        return false;
      }
      const std::string& action = entry.value.scalar;
      const bool collects = action == "global" || action == "repeat" || action == "reset";
      if (entry.key == "action" && collects) {
        complain(entry, "rule collections ('action: " + action +
                            "') are no longer in Sigma: write each rule out");
        return false;
      }
    }
    return true;
  }

  void load_names(CompiledRule& compiled, const std::vector<CompiledRule>& others) {
    Rule& rule = compiled.rule;
    rule.name = map_.required_text("title").value_or("");
    if (rule.name.size() > kTitleMax) {
      map_.complain(*map_.node("title"), "a title is at most 256 bytes long");
    }
    rule.description = map_.text("description").value_or("");
    rule.tags = map_.texts("tags");
    const auto id = map_.required_text("id");
    if (!id) return;
    rule.id = lower_case_id(*id);
    compiled.place = map_.place(*map_.node("id"));
    if (!is_uuid(*id)) {
      map_.complain(*map_.node("id"), "an id is a UUID, this is '" + *id + "'");
    }
    for (const CompiledRule& other : others) {
      if (other.rule.id != rule.id) continue;
      map_.complain(*map_.node("id"), "this id is that of '" + other.rule.name + "' too, in " +
                                          other.place.file + ":" +
                                          std::to_string(other.place.line));
    }
    for (const Rule* fact : {&builtin::line_uninspectable(), &builtin::groups_truncated()}) {
      if (fact->id == rule.id) map_.complain(*map_.node("id"), "this id is a built-in rule's");
    }
  }

  void load_status() {
    const auto status =
        map_.choice("status", {"stable", "test", "experimental", "deprecated", "unsupported"});
    if (status == "unsupported") {
      map_.complain(*map_.node("status"), "the rule says of itself that it is unsupported");
    }
    const auto taxonomy = map_.text("taxonomy");
    if (taxonomy && *taxonomy != "sigma") {
      map_.complain(*map_.node("taxonomy"),
                    "only the taxonomy 'sigma' is known, this is '" + *taxonomy + "'");
    }
  }

  void check_logsource() {
    const YamlNode* node = map_.required("logsource");
    if (node == nullptr) return;
    YamlMap source(*node, file_, problems_, "'logsource'");
    const auto product = source.text("product");
    const auto service = source.text("service");
    const auto category = source.text("category").value_or("application");
    if (product == "kubernetes" && service == "audit" && category == "application") return;
    source.complain_here("nodeportd reads product 'kubernetes', service 'audit' (category " +
                         std::string("'application' or none): this rule is for other logs"));
  }

  void load_blocks(Rule& rule) {
    if (const auto level =
            map_.choice("level", {"informational", "low", "medium", "high", "critical"})) {
      rule.level = *parse_level(*level);
    }
    const YamlNode* aggregate = map_.node("aggregate");
    rule.aggregate =
        aggregate == nullptr ? default_aggregate() : load_aggregate(*aggregate, file_, problems_);
    const YamlNode* risk = map_.node("risk");
    if (risk != nullptr) rule.risk = load_risk(*risk, rule.aggregate, file_, problems_);
  }

  void load_yields(Rule& rule, const std::vector<CompiledRule>& others) {
    for (const std::string& id : map_.texts("yields_to")) {
      rule.yields_to.push_back(lower_case_id(id));
      if (!is_uuid(id)) {
        map_.complain(*map_.node("yields_to"), "'yields_to' lists ids, which are UUIDs");
      }
    }
    // Of rules that yield to each other none would tell.
    if (yields_to_itself(rule, others)) {
      map_.complain(*map_.node("yields_to"),
                    "the rule yields to itself, directly or through others that yield");
    }
  }

  // The rule of a circle that is loaded last finds it.
  static bool yields_to_itself(const Rule& rule, const std::vector<CompiledRule>& others) {
    std::vector<std::string> pending = rule.yields_to;
    std::set<std::string> seen;
    while (!pending.empty()) {
      const std::string id = std::move(pending.back());
      pending.pop_back();
      if (id == rule.id) return true;
      if (!seen.insert(id).second) continue;
      for (const CompiledRule& other : others) {
        if (other.rule.id != id) continue;
        pending.insert(pending.end(), other.rule.yields_to.begin(), other.rule.yields_to.end());
      }
    }
    return false;
  }

  void refuse_near_misses() {
    const auto is_known = [](const auto& keys, const std::string& key) {
      return std::find(keys.begin(), keys.end(), key) != keys.end();
    };
    for (const YamlEntry& entry : document_.entries) {
      if (is_known(kEffective, entry.key) || is_known(kDescriptive, entry.key)) continue;
      const std::string_view meant = nearest(entry.key, kEffective);
      if (meant.empty()) continue;
      complain(entry, "'" + entry.key + "' is almost '" + std::string(meant) +
                          "': a key of your own needs another name");
    }
  }

  static void compile_paths(CompiledRule& compiled) {
    const AggregateSpec& spec = compiled.rule.aggregate;
    for (const NamedField& field : spec.group_by) {
      compiled.group_by.push_back(*FieldPath::parse(field.path));
    }
    for (const NamedField& field : spec.values) {
      compiled.values.push_back(*FieldPath::parse(field.path));
    }
    for (const std::string& path : spec.alert_on_new) {
      compiled.alert_on_new.push_back(*FieldPath::parse(path));
    }
    compiled.asks_history = compiled.detection.asks_history();
    for (const auto* fields : {&compiled.group_by, &compiled.values, &compiled.alert_on_new}) {
      for (const FieldPath& field : *fields) {
        compiled.asks_history = compiled.asks_history || asks_for(field, Unknown::history);
      }
    }
  }

  void complain(const YamlEntry& at, std::string text) {
    problems_.push_back({{file_, at.line, at.column}, std::move(text)});
  }

  const YamlNode& document_;
  const std::string& file_;
  Problems& problems_;
  YamlMap map_;
};

// The rule files of a folder, sorted.
std::vector<std::string> rule_files_of(const std::string& folder, Problems& problems) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    if (is_rule_file(path.filename().string())) files.push_back(path.string());
  }
  if (error) {
    problems.push_back({{folder}, "cannot be listed: " + error.message()});
  } else if (files.empty()) {
    problems.push_back({{folder}, "holds no rule file (*.yml, *.yaml)"});
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<std::string_view> rule_keys() {
  std::vector<std::string_view> keys(kEffective.begin(), kEffective.end());
  keys.insert(keys.end(), kDescriptive.begin(), kDescriptive.end());
  return keys;
}

std::string lower_case_id(std::string_view id) {
  std::string lower(id);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// Hidden ones are an editor's, or a ConfigMap's machinery.
bool is_rule_file(std::string_view name) {
  return !name.starts_with('.') && (name.ends_with(".yml") || name.ends_with(".yaml"));
}

void load_rule_text(std::string_view text, const std::string& file,
                    std::vector<CompiledRule>& rules, Problems& problems) {
  const std::size_t before = problems.size();
  const std::vector<YamlNode> documents = parse_yaml(text, file, problems);
  if (documents.empty() && problems.size() == before) {
    problems.push_back({{file}, "holds no rule"});
  }
  for (const YamlNode& document : documents) {
    auto rule = RuleLoader(document, file, problems).load(rules);
    if (rule) rules.push_back(std::move(*rule));
  }
}

std::vector<CompiledRule> load_rule_files(const std::vector<std::string>& paths, Problems& problems,
                                          FileKinds kinds) {
  std::vector<CompiledRule> rules;
  for (const std::string& path : paths) {
    std::error_code error;
    const bool is_folder = std::filesystem::is_directory(path, error);
    const std::vector<std::string> files =
        is_folder ? rule_files_of(path, problems) : std::vector<std::string>{path};
    for (const std::string& file : files) {
      const auto text = read_file(file, kFileMax, is_folder ? FileKinds::regular : kinds);
      if (text) {
        load_rule_text(*text, file, rules, problems);
      } else if (text.error().kind == ErrorKind::not_found) {
        problems.push_back({{file}, "there is no such rule file, nor a folder of them"});
      } else {
        // The error begins with the path, which the problem's place says already.
        problems.push_back({{file}, text.error().text.substr(file.size() + 2)});
      }
    }
  }
  return rules;
}

}  // namespace nodeportd
