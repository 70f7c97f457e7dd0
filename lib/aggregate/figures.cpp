#include "aggregate/figures.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace nodeportd {
namespace {

// `$name$` becomes the group's value of that name; an unknown name stays as it is written.
std::string fill_message(std::string_view message, const Alert& alert) {
  std::string text;
  while (!message.empty()) {
    const std::size_t begin = message.find('$');
    const std::size_t end = begin == std::string_view::npos ? begin : message.find('$', begin + 1);
    if (end == std::string_view::npos) break;
    const std::string_view name = message.substr(begin + 1, end - begin - 1);
    const auto found = std::find_if(alert.group.begin(), alert.group.end(),
                                    [&](const auto& field) { return field.first == name; });
    if (found == alert.group.end()) {
      text += message.substr(0, end);  // keep the second `$`: it may begin a name
      message.remove_prefix(end);
      continue;
    }
    text += message.substr(0, begin);
    text += found->second.value_or("");
    message.remove_prefix(end + 1);
  }
  text += message;
  return text;
}

void add_risk(Alert& alert, const RiskSpec& risk) {
  alert.has_risk = true;
  alert.confidence = risk.confidence;
  alert.impact = risk.impact;
  alert.score = risk.score();
  alert.story = risk.story;
  for (const Observable& observable : risk.observables) {
    const auto field = std::find_if(alert.group.begin(), alert.group.end(), [&](const auto& each) {
      return each.first == observable.field;
    });
    if (field == alert.group.end() || !field->second) continue;
    const bool victim = observable.role == Observable::Role::victim;
    auto& objects = victim ? alert.risk_objects : alert.threat_objects;
    objects.push_back({field->first, observable.type, *field->second, victim ? alert.score : 0});
  }
}

void insert_distinct(std::vector<std::string>& sorted, const std::string& value) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), value);
  if (at != sorted.end() && *at == value) return;
  if (sorted.size() == kValuesMax && at == sorted.end()) return;
  sorted.insert(at, value);
  if (sorted.size() > kValuesMax) sorted.pop_back();
}

// Mostly they stand at `place`, as in the rule.
std::vector<std::string>& values_named(Alert& alert, const std::string& name, std::size_t place) {
  auto& values = alert.values;
  if (place < values.size() && values[place].first == name) return values[place].second;
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const auto& each) { return each.first == name; });
  if (found != values.end()) return found->second;
  return values.emplace_back(name, std::vector<std::string>()).second;
}

bool earlier(const EventRef& a, const EventRef& b) {
  return std::tie(a.time, a.audit_id, a.stage, a.source, a.offset) <
         std::tie(b.time, b.audit_id, b.stage, b.source, b.offset);
}

void insert_event(std::vector<EventRef>& events, const EventRef& event) {
  events.insert(std::upper_bound(events.begin(), events.end(), event, earlier), event);
  if (events.size() > kEventsMax) events.pop_back();
}

// Outcome first: what succeeded is the least of its enumeration. Then what opened something, by the
// uid that the apiserver gave it: an auditID, which the client chooses, must not put a decoy before
// what it is to hide.
bool sooner(const Exposure& a, const Exposure& b) {
  if (a.outcome != b.outcome) return a.outcome < b.outcome;
  if (a.opened.empty() != b.opened.empty()) return b.opened.empty();
  return a.uid != b.uid ? a.uid < b.uid : a < b;
}

template <typename T>
std::size_t cut(std::vector<T>& list) {
  const std::size_t beyond = list.size() - std::min(list.size(), kDoorsListed);
  list.resize(list.size() - beyond);
  return beyond;
}

// Without it one alert of 32 writes with thousands of addresses each would be megabytes, in each of
// its revisions.
Exposure listed(Exposure exposure) {
  const std::size_t beyond = cut(exposure.doors.node_ports) + cut(exposure.doors.external_ips);
  exposure.unlisted = static_cast<std::uint32_t>(beyond);
  cut(exposure.opened.node_ports);
  cut(exposure.opened.external_ips);
  return exposure;
}

void insert_exposure(std::vector<Exposure>& exposures, Exposure exposure) {
  const auto at = std::lower_bound(exposures.begin(), exposures.end(), exposure, sooner);
  if (at != exposures.end() && *at == exposure) return;
  exposures.insert(at, std::move(exposure));
  if (exposures.size() > kExposuresMax) exposures.pop_back();
}

Novelty remember(std::vector<std::uint64_t>& seen, const std::vector<std::uint64_t>& novelty) {
  Novelty result = Novelty::known;
  for (const std::uint64_t hash : novelty) {
    const auto at = std::lower_bound(seen.begin(), seen.end(), hash);
    if (at != seen.end() && *at == hash) continue;
    if (seen.size() >= kSeenMax) continue;
    seen.insert(at, hash);
    result = Novelty::fresh;
  }
  return result;
}

}  // namespace

WallTime window_start(WallTime time, const Rule& rule) {
  const std::int64_t length = Micros(rule.aggregate.window).count();
  const std::int64_t at = time.time_since_epoch().count();
  std::int64_t start = at - at % length;
  if (at % length < 0) start -= length;  // before 1970
  return WallTime(Micros(start));
}

Window begin_window(const Origin& origin, const Rule& rule, WallTime start, const Group& group) {
  Window window;
  Alert& alert = window.alert;
  alert.id = alert_id(origin, rule, start, group);
  alert.epoch = origin.epoch;
  alert.rule_id = rule.id;
  alert.rule_name = rule.name;
  alert.level = rule.level;
  alert.tags = rule.tags;
  alert.cluster = origin.cluster;
  alert.node = origin.node;
  alert.window_start = start;
  alert.window_end = start + rule.aggregate.window;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const NamedField& field = rule.aggregate.group_by[i];
    alert.group.emplace_back(field.name, group[i]);
    if (field.name == "user" || field.path == "user.username") alert.user = group[i];
    if (field.name == "src_ip") alert.src_ip = group[i];
  }
  for (const NamedField& field : rule.aggregate.values) {
    alert.values.emplace_back(field.name, std::vector<std::string>());
  }
  const bool has_message = rule.risk && !rule.risk->message.empty();
  alert.message = has_message ? fill_message(rule.risk->message, alert) : rule.name;
  if (rule.risk) add_risk(alert, *rule.risk);
  alert.mitre_attack_ids = mitre_attack_ids(rule.tags);
  return window;
}

Novelty absorb(Window& window, const Rule& rule, const Match& match, const Exposure* exposure) {
  Alert& alert = window.alert;
  alert.first_time =
      alert.count == 0 ? match.event.time : std::min(alert.first_time, match.event.time);
  alert.last_time =
      alert.count == 0 ? match.event.time : std::max(alert.last_time, match.event.time);
  ++alert.count;
  const std::vector<NamedField>& fields = rule.aggregate.values;
  for (std::size_t i = 0; i < match.values.size() && i < fields.size(); ++i) {
    std::vector<std::string>& distinct = values_named(alert, fields[i].name, i);
    for (const std::string& value : match.values[i]) insert_distinct(distinct, value);
  }
  insert_event(alert.events, match.event);
  if (exposure != nullptr) insert_exposure(alert.exposures, listed(*exposure));
  return remember(window.seen, match.novelty);
}

}  // namespace nodeportd
