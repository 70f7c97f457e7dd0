#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nodeportd {

// Sigma's levels, in rising order.
enum class Level : std::uint8_t { informational, low, medium, high, critical };
[[nodiscard]] std::string_view to_text(Level level);
[[nodiscard]] std::optional<Level> parse_level(std::string_view text);

// A field as alerts call it and as events hold it.
struct NamedField {
  std::string name;  // `src_ip`
  std::string path;  // `sourceIPs[]`
};

// Our `aggregate` block: how matches of a rule become alerts.
struct AggregateSpec {
  std::vector<NamedField> group_by;  // one alert per window and distinct tuple of these
  std::vector<NamedField> values;    // distinct values collected per alert
  std::optional<std::string> fill;   // written where a group_by field is null
  std::chrono::milliseconds window{3'600'000};
  // A later match of a tuple is delivered at once when one of these has a value not seen in its
  // window: a dry run must not hide the creation behind it.
  std::vector<std::string> alert_on_new;
};

// Who or what a match is about; `field` is a name of group_by.
struct Observable {
  enum class Role : std::uint8_t { victim, attacker };
  std::string field;
  std::string type;
  Role role = Role::victim;
};

// Our `risk` block, in the terms of Splunk's risk-based alerting.
struct RiskSpec {
  int confidence = 0;   // 0 to 100
  int impact = 0;       // 0 to 100
  std::string message;  // `$name$` stands for the group_by field of that name
  std::vector<Observable> observables;
  std::vector<std::string> story;

  [[nodiscard]] int score() const { return (confidence * impact + 50) / 100; }
};

// What the rest of the daemon knows of a rule once `match` has compiled its detection.
struct Rule {
  std::string id;
  std::string name;  // the title
  Level level = Level::medium;
  std::vector<std::string> tags;
  std::string description;
  AggregateSpec aggregate;
  std::optional<RiskSpec> risk;
  // Ids of rules that speak for a request in this one's place, where they match it too.
  std::vector<std::string> yields_to;
};

// `attack.t1204` gives T1204.
[[nodiscard]] std::vector<std::string> mitre_attack_ids(const std::vector<std::string>& tags);

// The facts that the daemon itself alerts on. Their rules have fixed ids, so that a sink can be
// chosen for them and an exception can name them.
namespace builtin {
// A record that some rule might have matched and that could not be read whole. Aggregated like
// any rule, by source and reason.
[[nodiscard]] const Rule& line_uninspectable();
// One event gave more distinct group tuples than we count: a forged X-Forwarded-For, most likely.
[[nodiscard]] const Rule& groups_truncated();
// Everything else: not aggregated, one alert an occurrence. nullptr when there is none of `name`.
[[nodiscard]] const Rule* find(std::string_view name);
// The names that find() knows, but for the heartbeat and the test alert, which are asked for.
[[nodiscard]] std::vector<std::string_view> notice_names();
}  // namespace builtin

}  // namespace nodeportd
