#include "match/rule_loader.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <optional>
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
// Of a load. In memory rules take some thirty times their text, and a reload holds two sets.
constexpr std::size_t kRulesMax = 10'000;
constexpr std::size_t kTextMax = 8UL << 20U;        // bytes
constexpr std::size_t kRegexSizeMax = 2'000'000;    // as Detection::regex_size
constexpr std::size_t kTestBytesMax = 64UL << 20U;  // of events, with what is merged into each

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

// The rules that a load has found, and what they take.
class LoadedRules {
 public:
  explicit LoadedRules(std::vector<CompiledRule>& rules) : rules_(rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) by_id_.emplace(rules[i].rule.id, i);
  }

  // Of bytes that tests may still take.
  std::size_t test_room = kTestBytesMax;

  [[nodiscard]] const CompiledRule* find(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &rules_[found->second];
  }
  void add(CompiledRule rule) {
    regex_size_ += rule.detection.regex_size;
    by_id_.emplace(rule.rule.id, rules_.size());
    rules_.push_back(std::move(rule));
  }
  // What there is too much of, or empty.
  [[nodiscard]] std::string_view excess() const {
    if (rules_.size() == kRulesMax) return "over 10,000 rules in all: nothing after this is read";
    if (regex_size_ > kRegexSizeMax) {
      return "the regular expressions of all rules are too large together: nothing after this is "
             "read";
    }
    return {};
  }

  // Of rules that yield to each other none would tell.
  void refuse_circles(Problems& problems) const {
    std::vector<Walk> walks(rules_.size(), Walk::ahead);
    for (std::size_t i = 0; i < rules_.size(); ++i) walk_from(i, walks, problems);
  }

 private:
  enum class Walk : std::uint8_t { ahead, under_way, done };

  void walk_from(std::size_t start, std::vector<Walk>& walks, Problems& problems) const {
    struct Step {
      std::size_t rule;
      std::size_t next = 0;  // of its superiors
    };
    std::vector<Step> path;
    if (walks[start] == Walk::ahead) path.push_back({start});
    while (!path.empty()) {
      const std::size_t here = path.back().rule;
      const std::vector<std::string>& superiors = rules_[here].rule.yields_to;
      walks[here] = Walk::under_way;
      if (path.back().next == superiors.size()) {
        walks[here] = Walk::done;
        path.pop_back();
        continue;
      }
      const auto superior = by_id_.find(superiors[path.back().next++]);
      if (superior == by_id_.end() || walks[superior->second] == Walk::done) continue;
      if (walks[superior->second] == Walk::ahead) {
        path.push_back({superior->second});
      } else {
        problems.push_back({rules_[here].yields_place,
                            "the rule yields to itself, directly or through others that yield"});
      }
    }
  }

  std::vector<CompiledRule>& rules_;
  std::map<std::string, std::size_t> by_id_;
  std::size_t regex_size_ = 0;
};

class RuleLoader {
 public:
  RuleLoader(const YamlNode& document, const std::string& file, Problems& problems)
      : document_(document),
        file_(file),
        problems_(problems),
        map_(document, file, problems, "a rule") {}

  // nullopt after a problem.
  std::optional<CompiledRule> load(LoadedRules& others) {
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
    load_yields(compiled);
    if (const YamlNode* tests = map_.node("tests")) {
      compiled.tests = load_rule_tests(*tests, compiled.rule, file_, others.test_room, problems_);
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

  void load_names(CompiledRule& compiled, const LoadedRules& others) {
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
    if (const CompiledRule* other = others.find(rule.id)) {
      map_.complain(*map_.node("id"), "this id is that of '" + other->rule.name + "' too, in " +
                                          other->place.file + ":" +
                                          std::to_string(other->place.line));
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

  void load_yields(CompiledRule& compiled) {
    for (const std::string& id : map_.texts("yields_to")) {
      compiled.rule.yields_to.push_back(lower_case_id(id));
      compiled.yields_place = map_.place(*map_.node("yields_to"));
      if (!is_uuid(id)) {
        map_.complain(*map_.node("yields_to"), "'yields_to' lists ids, which are UUIDs");
      }
    }
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

// Whether there is room for more.
bool load_text(std::string_view text, const std::string& file, bool keeps_tests, LoadedRules& rules,
               Problems& problems) {
  const std::size_t before = problems.size();
  const std::vector<YamlNode> documents = parse_yaml(text, file, problems);
  if (documents.empty() && problems.size() == before) {
    problems.push_back({{file}, "holds no rule"});
  }
  for (const YamlNode& document : documents) {
    const std::string_view excess = rules.excess();
    const bool is_enough = problems.size() - before >= kProblemsMax;
    if (is_enough || !excess.empty()) {
      problems.push_back({{file, document.line, document.column},
                          is_enough ? "the rest of the file is not read: it has problems enough"
                                    : std::string(excess)});
      return is_enough;
    }
    auto rule = RuleLoader(document, file, problems).load(rules);
    keep_first(problems, before);
    if (!rule) continue;
    if (!keeps_tests) rule->tests = {};
    rules.add(std::move(*rule));
  }
  return true;
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
  LoadedRules loaded(rules);
  (void)load_text(text, file, true, loaded, problems);
  loaded.refuse_circles(problems);
}

std::vector<CompiledRule> load_rule_files(const std::vector<std::string>& paths, Problems& problems,
                                          RuleReading reading) {
  const std::size_t before = problems.size();
  std::vector<CompiledRule> rules;
  LoadedRules loaded(rules);
  std::size_t bytes = 0;
  for (const std::string& path : paths) {
    std::error_code error;
    const bool is_folder = std::filesystem::is_directory(path, error);
    const std::vector<std::string> files =
        is_folder ? rule_files_of(path, problems) : std::vector<std::string>{path};
    for (const std::string& file : files) {
      const auto text = read_file(file, kFileMax, is_folder ? FileKinds::regular : reading.kinds);
      bytes += text ? text->size() : 0;
      if (bytes > kTextMax || problems.size() - before >= kProblemsMax) {
        problems.push_back({{file},
                            bytes > kTextMax ? "with this one the rule files are over 8 MiB in all"
                                             : "is not read: there are problems enough"});
        return rules;
      }
      if (text) {
        if (!load_text(*text, file, reading.keeps_tests, loaded, problems)) return rules;
      } else if (text.error().kind == ErrorKind::not_found) {
        problems.push_back({{file}, "there is no such rule file, nor a folder of them"});
      } else {
        // The error begins with the path, which the problem's place says already.
        problems.push_back({{file}, text.error().text.substr(file.size() + 2)});
      }
    }
  }
  loaded.refuse_circles(problems);
  keep_first(problems, before);
  return rules;
}

}  // namespace nodeportd
