#include "match/expected_alert.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "match/plain_scalar.hpp"

namespace nodeportd {
namespace {

constexpr auto kKeys = std::to_array<std::string_view>({
    "alert_id",
    "epoch",
    "revision",
    "phase",
    "rule",
    "rule.id",
    "rule.name",
    "rule.level",
    "rule.tags",
    "cluster",
    "node",
    "window",
    "window.start",
    "window.end",
    "first_time",
    "last_time",
    "count",
    "group",
    "values",
    "user",
    "src_ip",
    "message",
    "risk",
    "risk.score",
    "risk.confidence",
    "risk.impact",
    "risk.objects",
    "risk.objects.field",
    "risk.objects.type",
    "risk.objects.value",
    "risk.objects.score",
    "risk.threat_objects",
    "risk.threat_objects.field",
    "risk.threat_objects.type",
    "risk.threat_objects.value",
    "risk.story",
    "risk.mitre_attack_ids",
    "exposure",
    "exposure.audit_id",
    "exposure.change",
    "exposure.outcome",
    "exposure.type",
    "exposure.node_ports",
    "exposure.node_ports.number",
    "exposure.node_ports.name",
    "exposure.node_ports.port",
    "exposure.node_ports.target_port",
    "exposure.node_ports.protocol",
    "exposure.external_ips",
    "exposure.health_check_node_port",
    "exposure.unlisted",
    "exposure.via",
    "exposure.before",
    "exposure.opened",
    "exposure.opened.node_ports",
    "exposure.opened.node_ports.number",
    "exposure.opened.node_ports.name",
    "exposure.opened.node_ports.port",
    "exposure.opened.node_ports.target_port",
    "exposure.opened.node_ports.protocol",
    "exposure.opened.external_ips",
    "exposure.opened.health_check_node_port",
    "exposure.inspectable",
    "exposure.inspectable_reason",
    "exposure.namespace",
    "exposure.name",
    "exposure.uid",
    "exposure.user",
    "exposure.actor",
    "exposure.origin_ip",
    "exposure.audit_id_reused",
    "events",
    "events.audit_id",
    "events.time",
    "events.stage",
    "events.offset",
});

// Compared with an alert key by key, whatever the depth.
class KeyCheck {
 public:
  KeyCheck(const Rule& rule, const std::string& file, Problems& problems)
      : file_(file), problems_(problems), known_(kKeys.begin(), kKeys.end()) {
    for (const NamedField& field : rule.aggregate.group_by) add("group." + field.name);
    for (const NamedField& field : rule.aggregate.values) add("values." + field.name);
  }

  void check(const YamlNode& node, const std::string& above) {
    for (const YamlNode& item : node.items) check(item, above);
    for (const YamlEntry& entry : node.entries) {
      const std::string path = above.empty() ? entry.key : above + '.' + entry.key;
      if (!contains(path)) complain(entry, path);
      check(entry.value, path);
    }
  }

 private:
  void add(std::string path) { named_.push_back(std::move(path)); }

  [[nodiscard]] bool contains(std::string_view path) const {
    return std::find(known_.begin(), known_.end(), path) != known_.end() ||
           std::find(named_.begin(), named_.end(), path) != named_.end();
  }

  void complain(const YamlEntry& at, const std::string& path) {
    std::vector<std::string_view> all = known_;
    all.insert(all.end(), named_.begin(), named_.end());
    problems_.push_back({{file_, at.line, at.column},
                         "an alert of this rule has no '" + path + "'" + did_you_mean(path, all)});
  }

  const std::string& file_;
  Problems& problems_;
  std::vector<std::string_view> known_;
  std::vector<std::string> named_;
};

std::string json_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::string: {
      YamlNode text;
      text.kind = YamlNode::Kind::scalar;
      text.quoted = true;
      text.scalar = value.text;
      return to_json(text);
    }
    case Value::Kind::boolean:
    case Value::Kind::number:
    case Value::Kind::array:
    case Value::Kind::object:
      break;
  }
  return std::string(value.text);
}

bool is_equal(const YamlNode& expected, const Value& got) {
  if (expected.is_null()) return got.kind == Value::Kind::null;
  switch (plain_kind(expected)) {
    case Plain::text:
      return got.kind == Value::Kind::string && got.text == expected.scalar;
    case Plain::number:
      return got.kind == Value::Kind::number && Decimal::parse(got.text) == number_of(expected);
    case Plain::boolean:
      return got.kind == Value::Kind::boolean && got.text == to_json(expected);
  }
  return false;
}

void compare(const YamlNode& expected, const Value& got, const std::string& path,
             std::vector<Difference>& found) {
  if (expected.is_map() && got.kind == Value::Kind::object) {
    for (const YamlEntry& entry : expected.entries) {
      const std::string below = path + '.' + entry.key;
      const Value* value = got.find(entry.key);
      if (value != nullptr) {
        compare(entry.value, *value, below, found);
      } else {
        found.push_back({below, to_json(entry.value), "nothing"});
      }
    }
    return;
  }
  if (expected.is_sequence() && got.kind == Value::Kind::array) {
    for (std::size_t i = 0; i < std::max<std::size_t>(expected.items.size(), got.size); ++i) {
      const std::string below = path + '[' + std::to_string(i) + ']';
      if (i >= expected.items.size()) {
        found.push_back({below, "nothing", json_of(got.items[i])});
      } else if (i >= got.size) {
        found.push_back({below, to_json(expected.items[i]), "nothing"});
      } else {
        compare(expected.items[i], got.items[i], below, found);
      }
    }
    return;
  }
  const bool is_leaf = expected.is_null() || expected.is_scalar();
  if (!is_leaf || !is_equal(expected, got)) {
    found.push_back({path, to_json(expected), json_of(got)});
  }
}

}  // namespace

std::span<const std::string_view> alert_keys() {
  return kKeys;
}

void check_expected_alerts(const YamlNode& alerts, const Rule& rule, const std::string& file,
                           Problems& problems) {
  const auto complain = [&](const YamlNode& at, std::string text) {
    problems.push_back({{file, at.line, at.column}, std::move(text)});
  };
  if (!alerts.is_sequence()) complain(alerts, "'alerts' must be a list: [] for none");
  refuse_ambiguous(alerts, file, problems);
  KeyCheck keys(rule, file, problems);
  for (const YamlNode& alert : alerts.items) {
    if (!alert.is_map()) complain(alert, "an expected alert is a map of what it must hold");
    keys.check(alert, "");
  }
}

std::vector<Difference> differences(const YamlNode& expected, const Value& got,
                                    const std::string& path) {
  std::vector<Difference> found;
  compare(expected, got, path, found);
  return found;
}

}  // namespace nodeportd
