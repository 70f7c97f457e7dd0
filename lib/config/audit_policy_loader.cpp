#include "config/audit_policy_loader.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <tuple>
#include <utility>

#include "base/files.hpp"
#include "base/yaml_map.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kPolicyMax = 1U << 20U;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// As YAML 1.1 has it, which is what the apiserver's parser reads.
std::optional<bool> truth_of(const YamlNode& node) {
  if (!node.is_scalar() || node.quoted) return std::nullopt;
  const std::string& word = node.scalar;
  if (is_one_of(word, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (is_one_of(word, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) {
    return false;
  }
  return std::nullopt;
}

bool is_number(std::string text) {
  std::erase(text, '_');
  if (text.starts_with('-') || text.starts_with('+')) text.erase(0, 1);
  if (text.starts_with("0x")) {
    return text.size() > 2 &&
           text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos;
  }
  if (text.find_first_of("0123456789") > 1) return false;  // `inf` and `nan` are words
  double number = 0;
  const char* end = text.data() + text.size();
  return std::from_chars(text.data(), end, number).ptr == end;
}

// The apiserver's decoder takes a boolean or a number for no text, and refuses the file.
bool is_text(const YamlNode& node) {
  if (!node.is_scalar()) return false;
  return node.quoted || (!truth_of(node) && !is_number(node.scalar));
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// RFC 1123, as the apiserver's NameIsDNSSubdomain has it.
bool is_subdomain(std::string_view name) {
  constexpr std::size_t kNameMax = 253;
  if (name.size() > kNameMax) return false;
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || !is_lower_or_digit(label.front()) || !is_lower_or_digit(label.back()) ||
        !std::all_of(label.begin(), label.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; })) {
      return false;
    }
    if (label.size() == name.size()) return true;
    name.remove_prefix(label.size() + 1);
  }
}

class PolicyReader {
 public:
  PolicyReader(std::string file, LoadedAuditPolicy& loaded)
      : file_(std::move(file)), loaded_(loaded) {}

  void read(const YamlNode& root) {
    if (!is_map(root, "an audit policy")) return;
    check_type(root);
    AuditPolicy& policy = loaded_.policy;
    policy.omit_stages = read_stages(root);
    if (const YamlNode* stages = root.find("omitStages")) policy.omit_stages_place = place(*stages);
    policy.omit_managed_fields = read_flag(root, "omitManagedFields").value_or(false);
    if (const YamlNode* rules = list_in(root, "rules")) {
      policy.rules_place = place(*rules);
      for (const YamlNode& rule : rules->items) policy.rules.push_back(read_rule(rule));
    }
    const YamlNode* rules = root.find("rules");
    if (policy.rules.empty() && (rules == nullptr || rules->is_null() || rules->is_sequence())) {
      complain(root, "an audit policy needs 'rules', one at least");
    }
    remark_unknown_keys(
        root, "an audit policy",
        {"apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"});
  }

 private:
  [[nodiscard]] Place place(const YamlNode& node) const { return {file_, node.line, node.column}; }
  void complain(const YamlNode& node, std::string text) {
    loaded_.problems.push_back({place(node), std::move(text)});
  }
  void remark(const YamlNode& node, std::string text) {
    loaded_.remarks.push_back({place(node), std::move(text)});
  }

  bool is_map(const YamlNode& node, const std::string& what) {
    if (node.is_map()) return true;
    complain(node, what + " must be a map, this is " + std::string(node.kind_name()));
    return false;
  }

  // The list under `key`; nullptr when there is none.
  const YamlNode* list_in(const YamlNode& map, const std::string& key) {
    const YamlNode* node = map.find(key);
    if (node == nullptr || node->is_null()) return nullptr;
    if (node->is_sequence()) return node;
    complain(*node, "'" + key + "' must be a list, this is " + std::string(node->kind_name()));
    return nullptr;
  }

  // An absent text reads as empty, as in Go.
  std::string text_of(const YamlNode& node, const std::string& what) {
    if (node.is_null()) return {};
    if (is_text(node)) return node.scalar;
    complain(node, what + " must be text, this is " +
                       (node.is_scalar() ? "'" + node.scalar + "': put it in quotes"
                                         : std::string(node.kind_name())));
    return {};
  }

  std::vector<std::string> read_texts(const YamlNode& map, const std::string& key) {
    std::vector<std::string> texts;
    const YamlNode* list = list_in(map, key);
    if (list == nullptr) return texts;
    for (const YamlNode& item : list->items) {
      texts.push_back(text_of(item, "what '" + key + "' lists"));
    }
    return texts;
  }

  // For lists in which the apiserver compares whole texts.
  std::vector<std::string> read_literals(const YamlNode& map, const std::string& key) {
    std::vector<std::string> texts = read_texts(map, key);
    if (texts.empty()) return texts;
    for (const YamlNode& item : map.find(key)->items) {
      if (item.scalar.find('*') == std::string::npos) continue;
      remark(item, "'" + item.scalar + "' stands for itself: the apiserver knows no wildcard in '" +
                       key + "'");
    }
    return texts;
  }

  std::optional<bool> read_flag(const YamlNode& map, const std::string& key) {
    const YamlNode* node = map.find(key);
    if (node == nullptr || node->is_null()) return std::nullopt;
    const std::optional<bool> flag = truth_of(*node);
    if (!flag) complain(*node, "'" + key + "' must be true or false");
    return flag;
  }

  AuditStages read_stages(const YamlNode& map) {
    AuditStages stages;
    const YamlNode* list = list_in(map, "omitStages");
    if (list == nullptr) return stages;
    for (const YamlNode& item : list->items) {
      const std::string text = text_of(item, "what 'omitStages' lists");
      if (const auto stage = parse_audit_stage(text)) {
        stages.insert(*stage);
      } else if (is_text(item) || item.is_null()) {
        complain(item,
                 "there is no stage '" + text +
                     "': stages are RequestReceived, ResponseStarted, ResponseComplete, Panic");
      }
    }
    return stages;
  }

  AuditLevel read_level(const YamlNode& rule) {
    const YamlNode* node = rule.find("level");
    const std::string text = node == nullptr ? "" : text_of(*node, "'level'");
    const auto level = parse_audit_level(text);
    if (level) return *level;
    if (node == nullptr || node->is_null()) {
      complain(rule, "a rule needs 'level'");
    } else if (is_text(*node)) {
      complain(*node, "'level' must be one of None, Metadata, Request, RequestResponse, this is '" +
                          text + "'");
    }
    return AuditLevel::none;
  }

  std::vector<std::string> read_urls(const YamlNode& rule) {
    const YamlNode* list = list_in(rule, "nonResourceURLs");
    if (list == nullptr) return {};
    for (const YamlNode& item : list->items) {
      const std::string& url = item.scalar;
      if (url == "*" || !(item.is_scalar() || item.is_null())) continue;
      if (!url.starts_with('/')) complain(item, "a non-resource URL begins with '/'");
      if (url.find('*') < url.size() - 1) {
        complain(item, "a '*' may only be the last character of a non-resource URL");
      }
    }
    if (!list->items.empty() && (has_items(rule, "resources") || has_items(rule, "namespaces"))) {
      complain(*list, "a rule is for resources or for non-resource URLs, not for both");
    }
    return read_texts(rule, "nonResourceURLs");
  }

  static bool has_items(const YamlNode& map, std::string_view key) {
    const YamlNode* node = map.find(key);
    return node != nullptr && node->is_sequence() && !node->items.empty();
  }

  ResourceSelector read_selector(const YamlNode& node) {
    ResourceSelector selector;
    if (!is_map(node, "an entry of 'resources'")) return selector;
    if (const YamlNode* group = node.find("group")) {
      selector.group = text_of(*group, "'group'");
      if (!selector.group.empty() && !is_subdomain(selector.group)) {
        complain(*group, "'" + selector.group + "' is no API group: a group is a lower-case DNS " +
                             "name without version or wildcard, or empty for the core group");
      }
    }
    selector.resources = read_texts(node, "resources");
    selector.resource_names = read_literals(node, "resourceNames");
    if (!selector.resource_names.empty() && selector.resources.empty()) {
      complain(*node.find("resourceNames"), "'resourceNames' needs at least one of 'resources'");
    }
    remark_unknown_keys(node, "an entry of 'resources'", {"group", "resources", "resourceNames"});
    return selector;
  }

  AuditRule read_rule(const YamlNode& node) {
    AuditRule rule;
    rule.place = place(node);
    if (!is_map(node, "a rule")) return rule;
    rule.level = read_level(node);
    rule.users = read_literals(node, "users");
    rule.user_groups = read_literals(node, "userGroups");
    rule.verbs = read_literals(node, "verbs");
    if (const YamlNode* resources = list_in(node, "resources")) {
      for (const YamlNode& each : resources->items) rule.resources.push_back(read_selector(each));
    }
    rule.namespaces = read_literals(node, "namespaces");
    rule.non_resource_urls = read_urls(node);
    rule.omit_stages = read_stages(node);
    rule.omit_managed_fields = read_flag(node, "omitManagedFields");
    remark_unknown_keys(node, "a rule",
                        {"level", "users", "userGroups", "verbs", "resources", "namespaces",
                         "nonResourceURLs", "omitStages", "omitManagedFields"});
    return rule;
  }

  void remark_unknown_keys(const YamlNode& node, const std::string& what,
                           std::initializer_list<std::string_view> keys) {
    const std::size_t before = loaded_.remarks.size();
    YamlMap map(node, file_, loaded_.remarks, what);
    for (const std::string_view key : keys) map.node(key);
    map.refuse_unknown_keys();
    for (std::size_t i = before; i < loaded_.remarks.size(); ++i) {
      loaded_.remarks[i].text += "; the apiserver ignores it";
    }
  }

  void check_type(const YamlNode& root) {
    // Where there is no such key the map itself is at fault; it is no text either.
    const auto child = [&](std::string_view key) -> const YamlNode& {
      const YamlNode* node = root.find(key);
      return node != nullptr ? *node : root;
    };
    const YamlNode& kind = child("kind");
    if (kind.scalar != "Policy") complain(kind, "an audit policy has 'kind: Policy'");
    const YamlNode& version = child("apiVersion");
    if (is_one_of(version.scalar, {"audit.k8s.io/v1beta1", "audit.k8s.io/v1alpha1"})) {
      remark(version, "kube-apiserver 1.24 and later know only audit.k8s.io/v1 and refuse this");
    } else if (version.scalar != "audit.k8s.io/v1") {
      complain(version, "an audit policy has 'apiVersion: audit.k8s.io/v1'");
    }
  }

  std::string file_;
  LoadedAuditPolicy& loaded_;
};

void sort_by_place(Problems& problems) {
  std::sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.line, a.place.column, a.text) <
           std::tie(b.place.line, b.place.column, b.text);
  });
}

}  // namespace

LoadedAuditPolicy load_audit_policy(const std::string& path, FileKinds kinds) {
  LoadedAuditPolicy loaded;
  const auto text = read_file(path, kPolicyMax, kinds);
  if (!text) {
    // The error's text begins with the path, as the problem's place does.
    loaded.problems.push_back({{path, 0, 0}, text.error().text.substr(path.size() + 2)});
    return loaded;
  }
  const std::vector<YamlNode> documents = parse_yaml(*text, path, loaded.problems);
  if (documents.empty()) {
    if (loaded.problems.empty()) loaded.problems.push_back({{path, 0, 0}, "holds no audit policy"});
    return loaded;
  }
  PolicyReader(path, loaded).read(documents.front());
  if (documents.size() > 1) {
    loaded.remarks.push_back({{path, documents[1].line, documents[1].column},
                              "the apiserver reads one document, and ignores what begins here"});
  }
  sort_by_place(loaded.problems);
  sort_by_place(loaded.remarks);
  keep_first(loaded.problems);
  keep_first(loaded.remarks);
  return loaded;
}

}  // namespace nodeportd
