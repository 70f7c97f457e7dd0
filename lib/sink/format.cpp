#include "sink/format.hpp"

#include <fmt/format.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "sink/format_exposure.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kLineBytesMax = 1024;
constexpr std::size_t kFieldBytesMax = 128;

void write_rule(JsonWriter& json, const Alert& alert) {
  write_key(json, "rule");
  json.StartObject();
  write_member(json, "id", alert.rule_id);
  write_member(json, "name", alert.rule_name);
  write_member(json, "level", to_text(alert.level));
  write_member(json, "tags", alert.tags);
  json.EndObject();
}

void write_window(JsonWriter& json, const Alert& alert) {
  write_key(json, "window");
  json.StartObject();
  write_member(json, "start", alert.window_start);
  write_member(json, "end", alert.window_end);
  json.EndObject();
}

enum class Scored { yes, no };

void write_risk_objects(JsonWriter& json, std::string_view key,
                        const std::vector<RiskObject>& objects, Scored scored) {
  write_list(json, key, objects, [&](JsonWriter&, const RiskObject& object) {
    write_member(json, "field", object.field);
    write_member(json, "type", object.type);
    write_member(json, "value", object.value);
    if (scored == Scored::yes) write_member(json, "score", object.score);
  });
}

void write_risk(JsonWriter& json, const Alert& alert) {
  write_key(json, "risk");
  if (!alert.has_risk) {
    json.Null();
    return;
  }
  json.StartObject();
  write_member(json, "score", alert.score);
  write_member(json, "confidence", alert.confidence);
  write_member(json, "impact", alert.impact);
  write_risk_objects(json, "objects", alert.risk_objects, Scored::yes);
  write_risk_objects(json, "threat_objects", alert.threat_objects, Scored::no);
  write_member(json, "story", alert.story);
  write_member(json, "mitre_attack_ids", alert.mitre_attack_ids);
  json.EndObject();
}

void write_event(JsonWriter& json, const EventRef& event) {
  write_member(json, "audit_id", event.audit_id);
  write_member(json, "time", event.time);
  write_member(json, "stage", event.stage);
  write_member(json, "source", event.source);
  write_member(json, "offset", event.offset);
}

// Takes `begin` and what follows it up to `end` off the front of `text`; nullopt if it is not so.
std::optional<std::string_view> take(std::string_view& text, std::string_view begin, char end) {
  if (!text.starts_with(begin)) return std::nullopt;
  const std::size_t stop = text.find(end, begin.size());
  if (stop == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(begin.size(), stop - begin.size());
  text.remove_prefix(stop);
  return value;
}

std::string to_field(std::string_view name, std::string_view value) {
  return bounded_printable(name, kFieldBytesMax) + ' ' + bounded_printable(value, kFieldBytesMax);
}

std::string join_fields(const Alert& alert) {
  std::vector<std::string> fields;
  const auto add = [&](const std::string& name, const std::string& value) {
    fields.push_back(to_field(name, value));
  };
  for (const auto& [name, value] : alert.group) add(name, value.value_or("null"));
  for (const auto& [name, value] : alert.facts) add(name, value);
  if (!alert.exposures.empty()) add("exposure", to_words(alert.exposures.front()));
  return fmt::format("{}", fmt::join(fields, ", "));
}

// A line that was cut may end in the brace of an inner object.
bool is_json(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::BaseReaderHandler<> nobody;
  return !rapidjson::Reader().Parse<rapidjson::kParseIterativeFlag>(stream, nobody).IsError();
}

}  // namespace

std::string_view to_text(Phase phase) {
  static constexpr std::array<std::string_view, 3> kPhases = {"first", "update", "final"};
  return kPhases[static_cast<std::size_t>(phase)];
}

std::string to_json(const Alert& alert) {
  return json_object([&](JsonWriter& json) {
    write_member(json, "alert_id", alert.id);
    write_member(json, "epoch", alert.epoch);
    write_member(json, "revision", alert.revision);
    write_member(json, "phase", to_text(alert.phase));
    write_rule(json, alert);
    write_member(json, "cluster", alert.cluster);
    write_member(json, "node", alert.node);
    write_window(json, alert);
    write_member(json, "first_time", alert.first_time);
    write_member(json, "last_time", alert.last_time);
    write_member(json, "count", alert.count);
    write_map(json, "group", alert.group);
    write_map(json, "values", alert.values);
    write_member(json, "user", alert.user);
    write_member(json, "src_ip", alert.src_ip);
    write_member(json, "message", alert.message);
    write_risk(json, alert);
    write_exposures(json, alert.exposures);
    write_list(json, "events", alert.events, write_event);
    if (!alert.facts.empty()) write_map(json, "facts", alert.facts);
    if (alert.closed_early) write_member(json, "closed_early", true);
    if (alert.undurable) write_member(json, "undurable", true);
    if (alert.replayed) write_member(json, "replayed", true);
    if (alert.test) write_member(json, "test", true);
  });
}

std::optional<std::string> delivered_key(std::string_view line) {
  // Inside a string the quotes would be escaped, so this is the member itself.
  static constexpr std::string_view kUndurable = R"(,"undurable":true)";
  if (!line.ends_with('}') || line.find(kUndurable) != std::string_view::npos) return std::nullopt;
  const std::string_view whole = line;
  const auto id = take(line, R"({"alert_id":")", '"');
  const auto epoch = take(line, R"(","epoch":")", '"');
  const auto revision = take(line, R"(","revision":)", ',');
  if (!id || !epoch || !revision || !is_json(whole)) return std::nullopt;
  return fmt::format("{}.{}.{}", *id, *epoch, *revision);
}

std::string to_line(const Alert& alert) {
  std::string line = alert.test ? "[test] " : "";
  line += fmt::format("{} {}: {}", to_text(alert.level), printable(alert.rule_name),
                      bounded_printable(alert.message, kLineBytesMax / 2));
  if (const std::string fields = join_fields(alert); !fields.empty()) line += " (" + fields + ')';
  // The count stays, however long the rest is.
  const std::string count = fmt::format(" count {}", alert.count);
  return shorten(line, kLineBytesMax - count.size()) + count;
}

}  // namespace nodeportd
