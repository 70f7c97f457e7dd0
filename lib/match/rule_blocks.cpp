#include "match/rule_blocks.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/yaml_map.hpp"
#include "match/field_path.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kFieldsMax = 32;  // in one list

class FieldList {
 public:
  FieldList(std::string what, const std::string& file, Problems& problems)
      : what_(std::move(what)), file_(file), problems_(problems) {}

  // `- path`, `- name: path`, or a map of names and paths.
  std::vector<NamedField> load(const YamlNode& node) {
    if (node.is_sequence()) {
      for (const YamlNode& item : node.items) {
        if (item.is_scalar())
          add(item.scalar, item, item);
        else if (item.is_map() && item.entries.size() == 1)
          add_entry(item.entries.front());
        else
          complain(item, "an entry of '" + what_ + "' is a path, or 'name: path'");
      }
    } else if (node.is_map()) {
      for (const YamlEntry& entry : node.entries) add_entry(entry);
    } else {
      complain(node, "'" + what_ + "' must be a list of fields");
    }
    if (fields_.size() > kFieldsMax) complain(node, "'" + what_ + "' takes 32 fields at most");
    return std::move(fields_);
  }

 private:
  void add_entry(const YamlEntry& entry) {
    YamlNode key;
    key.line = entry.line;
    key.column = entry.column;
    if (entry.value.is_scalar())
      add(entry.key, key, entry.value);
    else
      complain(key, "'" + entry.key + "' needs the path of one field");
  }

  void add(const std::string& name, const YamlNode& at, const YamlNode& path) {
    if (const auto parsed = FieldPath::parse(path.scalar); !parsed) {
      complain(path, parsed.error().text);
    }
    const bool taken = std::any_of(fields_.begin(), fields_.end(),
                                   [&](const NamedField& field) { return field.name == name; });
    if (taken) complain(at, "'" + what_ + "' names '" + name + "' twice");
    fields_.push_back({name, path.scalar});
  }

  void complain(const YamlNode& at, std::string text) {
    problems_.push_back({{file_, at.line, at.column}, std::move(text)});
  }

  std::string what_;
  const std::string& file_;
  Problems& problems_;
  std::vector<NamedField> fields_;
};

// What is wrong with `name` as a field of group_by; empty: nothing.
std::string doubt(std::string_view name, const AggregateSpec& aggregate) {
  std::vector<std::string_view> names;
  names.reserve(aggregate.group_by.size());
  for (const NamedField& field : aggregate.group_by) names.push_back(field.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return "";
  return "group_by has no field '" + std::string(name) + "'" + did_you_mean(name, names);
}

// The `$name$` of a message. Two `$` with white space between them name nothing.
std::vector<std::string_view> references(std::string_view message) {
  std::vector<std::string_view> names;
  while (true) {
    const std::size_t begin = message.find('$');
    if (begin == std::string_view::npos) return names;
    message.remove_prefix(begin + 1);
    const std::size_t end = message.find('$');
    if (end == std::string_view::npos) return names;
    const std::string_view name = message.substr(0, end);
    if (name.empty() || name.find_first_of(" \t\n") != std::string_view::npos) continue;
    names.push_back(name);
    message.remove_prefix(end + 1);
  }
}

Observable load_observable(const YamlNode& node, const AggregateSpec& aggregate,
                           const std::string& file, Problems& problems) {
  YamlMap map(node, file, problems, "an observable");
  Observable observable;
  if (const auto field = map.required_text("field")) {
    observable.field = *field;
    const std::string wrong = doubt(*field, aggregate);
    if (!wrong.empty()) map.complain(*map.node("field"), wrong);
  }
  observable.type = map.required_text("type").value_or("");
  if (map.required("role") != nullptr) {
    const auto role = map.choice("role", {"victim", "attacker"});
    if (role == "attacker") observable.role = Observable::Role::attacker;
  }
  map.refuse_unknown_keys();
  return observable;
}

// What is new for whoever answers: a dry run must not hide the creation behind it.
std::vector<std::string> news_of_exposure() {
  return {"exposure.outcome", "exposure.uid", "exposure.node_ports[].number",
          "exposure.external_ips[]"};
}

}  // namespace

AggregateSpec default_aggregate() {
  AggregateSpec spec;
  spec.alert_on_new = news_of_exposure();
  spec.group_by = {{"user", "user.username"},
                   {"src_ip", "sourceIPs[]"},
                   {"verb", "verb"},
                   {"objectRef.resource", "objectRef.resource"},
                   {"objectRef.namespace", "objectRef.namespace"},
                   {"objectRef.name", "objectRef.name"},
                   {"responseStatus.code", "responseStatus.code"}};
  return spec;
}

AggregateSpec load_aggregate(const YamlNode& node, const std::string& file, Problems& problems) {
  YamlMap map(node, file, problems, "'aggregate'");
  AggregateSpec spec;
  if (const YamlNode* group_by = map.required("group_by")) {
    spec.group_by = FieldList("group_by", file, problems).load(*group_by);
    if (group_by->is_sequence() && group_by->items.empty()) {
      map.complain(*group_by, "'group_by' needs one field at least");
    }
  }
  if (const YamlNode* values = map.node("values")) {
    spec.values = FieldList("values", file, problems).load(*values);
  }
  spec.fill = map.text("fill");
  spec.window =
      map.duration("window", std::chrono::seconds(1), std::chrono::days(7)).value_or(spec.window);
  if (const YamlNode* fresh = map.node("alert_on_new")) {
    for (NamedField& field : FieldList("alert_on_new", file, problems).load(*fresh)) {
      spec.alert_on_new.push_back(std::move(field.path));
    }
  } else {
    spec.alert_on_new = news_of_exposure();
  }
  map.refuse_unknown_keys();
  return spec;
}

RiskSpec load_risk(const YamlNode& node, const AggregateSpec& aggregate, const std::string& file,
                   Problems& problems) {
  YamlMap map(node, file, problems, "'risk'");
  RiskSpec risk;
  if (map.required("confidence") != nullptr) {
    risk.confidence = static_cast<int>(map.integer("confidence", 0, 100).value_or(0));
  }
  if (map.required("impact") != nullptr) {
    risk.impact = static_cast<int>(map.integer("impact", 0, 100).value_or(0));
  }
  if (const auto message = map.required_text("message")) {
    risk.message = *message;
    for (const std::string_view name : references(risk.message)) {
      const std::string wrong = doubt(name, aggregate);
      if (!wrong.empty()) map.complain(*map.node("message"), wrong);
    }
  }
  if (const YamlNode* observables = map.node("observables")) {
    if (!observables->is_sequence()) map.complain(*observables, "'observables' must be a list");
    for (const YamlNode& item : observables->items) {
      risk.observables.push_back(load_observable(item, aggregate, file, problems));
    }
  }
  risk.story = map.texts("story");
  map.refuse_unknown_keys();
  return risk;
}

}  // namespace nodeportd
