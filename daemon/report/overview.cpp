#include "daemon/report/overview.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "model/rule.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kWritesMax = 1'000;
constexpr std::size_t kOpenMax = 100;
constexpr std::size_t kBlindSpotsMax = 100;
// More than is shown, which cuts once more.
constexpr std::size_t kTextKept = 256;
constexpr std::size_t kMessageKept = 1'024;
constexpr std::size_t kRulesMax = 8;  // that tell of one write

// The daemon's own words for what it could not see.
const std::set<std::string>& blind_rules() {
  static const std::set<std::string> all = [] {
    std::set<std::string> ids = {builtin::line_uninspectable().id, builtin::groups_truncated().id};
    for (const std::string_view name : builtin::notice_names()) {
      if (name.starts_with("source.") || name == "policy.blind")
        ids.insert(builtin::find(name)->id);
    }
    return ids;
  }();
  return all;
}

bool is_own(const Alert& alert) {
  return !alert.tags.empty() && alert.tags.front().starts_with("nodeportd.");
}

// An alert keeps the times of its first events alone.
std::optional<WallTime> time_of(const Exposure& exposure, const Alert& alert) {
  const auto found = std::find_if(alert.events.begin(), alert.events.end(), [&](const auto& event) {
    return event.audit_id == exposure.audit_id;
  });
  return found == alert.events.end() ? std::nullopt : std::optional(found->time);
}

// Several rules may tell of a write; an auditID alone can be forged.
Digest identity(const Exposure& exposure) {
  DigestBuilder digest;
  for (const std::string_view part :
       {std::string_view(exposure.audit_id), std::string_view(exposure.ns),
        std::string_view(exposure.name), std::string_view(exposure.actor),
        to_text(exposure.outcome), to_text(exposure.change)}) {
    digest.field(part);
  }
  return digest.finish();
}

std::string brief(const std::string& text) {
  return shorten(text, kTextKept);
}

std::optional<std::string> brief(const std::optional<std::string>& text) {
  return text ? std::optional(brief(*text)) : std::nullopt;
}

Doors brief(const Doors& doors) {
  Doors kept;
  kept.health_check_node_port = doors.health_check_node_port;
  for (const NodePort& port : doors.node_ports) {
    if (kept.node_ports.size() == Overview::kDoorsMax) break;
    kept.node_ports.push_back(
        {port.number, brief(port.name), port.port, brief(port.target_port), brief(port.protocol)});
  }
  for (const std::string& address : doors.external_ips) {
    if (kept.external_ips.size() == Overview::kDoorsMax) break;
    kept.external_ips.push_back(brief(address));
  }
  return kept;
}

Exposure brief(const Exposure& exposure) {
  Exposure kept;
  kept.audit_id = brief(exposure.audit_id);
  kept.change = exposure.change;
  kept.outcome = exposure.outcome;
  kept.type = brief(exposure.type);
  kept.doors = brief(exposure.doors);
  kept.via = exposure.via;
  kept.inspectable = exposure.inspectable;
  kept.inspectable_reason = brief(exposure.inspectable_reason);
  kept.ns = brief(exposure.ns);
  kept.name = brief(exposure.name);
  kept.uid = brief(exposure.uid);
  kept.user = brief(exposure.user);
  kept.actor = brief(exposure.actor);
  kept.origin_ip = brief(exposure.origin_ip);
  kept.before = exposure.before;
  kept.audit_id_reused = exposure.audit_id_reused;
  return kept;
}

Overview::Told brief(const Alert& alert, WallTime last_time) {
  Overview::Told told;
  told.id = alert.id;
  told.rule_name = brief(alert.rule_name);
  told.level = alert.level;
  told.first_time = alert.first_time;
  told.last_time = last_time;
  told.window_end = alert.window_end;
  told.count = alert.count;
  told.user = brief(alert.user);
  told.src_ip = brief(alert.src_ip);
  told.message = shorten(alert.message, kMessageKept);
  for (const auto& [name, value] : alert.facts) {
    if (told.facts.size() == Overview::kFactsMax) break;
    told.facts.emplace_back(brief(name), brief(value));
  }
  return told;
}

// What comes later is older: it makes room for none.
void add_told(std::vector<Overview::Told>& list, std::size_t max, bool& is_cut, const Alert& alert,
              WallTime last_time) {
  if (list.size() < max) {
    list.push_back(brief(alert, last_time));
  } else {
    is_cut = true;
  }
}

}  // namespace

void OverviewBuilder::add(const Alert& alert, WallTime committed) {
  // A line that could not be read told no time.
  const WallTime last_time = alert.last_time <= WallTime() ? committed : alert.last_time;
  for (const Exposure& exposure : alert.exposures) add_write(exposure, alert, last_time);
  if (alert.exposures.size() == kExposuresMax) {
    unlisted_ += alert.count - std::min<std::uint64_t>(alert.count, kExposuresMax);
  }
  if (blind_rules().contains(alert.rule_id)) {
    add_told(blind_spots_, kBlindSpotsMax, is_cut_, alert, last_time);
  }
  if (alert.phase != Phase::final && !is_own(alert)) {
    add_told(open_, kOpenMax, is_cut_, alert, last_time);
  }
}

void OverviewBuilder::add_write(const Exposure& exposure, const Alert& alert, WallTime last_time) {
  const std::string rule = brief(alert.rule_name);
  const Digest key = identity(exposure);
  if (const auto known = places_.find(key); known != places_.end()) {
    Overview::Write& write = writes_[known->second].write;
    write.level = std::max(write.level, alert.level);
    if (write.rules.size() < kRulesMax &&
        std::find(write.rules.begin(), write.rules.end(), rule) == write.rules.end()) {
      write.rules.push_back(rule);
    }
    return;
  }
  // Twice as many as are shown: sorting for each would take long.
  if (writes_.size() == 2 * kWritesMax) keep_newest();
  places_.emplace(key, writes_.size());
  const std::optional<WallTime> time = time_of(exposure, alert);
  const Doors& doors = exposure.doors;
  writes_.push_back({key,
                     {brief(exposure),
                      doors.node_ports.size() + doors.external_ips.size(),
                      time.value_or(last_time),
                      time.has_value(),
                      alert.level,
                      {rule},
                      alert.id}});
}

void OverviewBuilder::keep_newest() {
  std::stable_sort(writes_.begin(), writes_.end(),
                   [](const auto& a, const auto& b) { return a.write.time > b.write.time; });
  if (writes_.size() > kWritesMax) {
    writes_.resize(kWritesMax);
    is_cut_ = true;
  }
  places_.clear();
  for (const KeptWrite& kept : writes_) places_.emplace(kept.identity, places_.size());
}

void OverviewBuilder::finish(Overview& overview) {
  keep_newest();
  overview.writes.reserve(writes_.size());
  for (KeptWrite& kept : writes_) overview.writes.push_back(std::move(kept.write));
  overview.open = std::move(open_);
  overview.blind_spots = std::move(blind_spots_);
  overview.unlisted = unlisted_;
  overview.is_cut = overview.is_cut || is_cut_;
}

}  // namespace nodeportd
