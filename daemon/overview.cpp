#include "daemon/overview.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "model/rule.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kWritesMax = 1'000;
constexpr std::size_t kOpenMax = 100;
constexpr std::size_t kBlindSpotsMax = 100;
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
std::string identity(const Exposure& exposure) {
  std::string key;
  for (const std::string_view part :
       {std::string_view(exposure.audit_id), std::string_view(exposure.ns),
        std::string_view(exposure.name), std::string_view(exposure.actor),
        to_text(exposure.outcome), to_text(exposure.change)}) {
    key.append(part).push_back('\0');
  }
  return key;
}

class WriteList {
 public:
  explicit WriteList(Overview& overview) : overview_(overview) {}

  void add(const Exposure& exposure, const Alert& alert) {
    const auto [known, is_new] = places_.try_emplace(identity(exposure), overview_.writes.size());
    if (is_new) {
      const std::optional<WallTime> time = time_of(exposure, alert);
      overview_.writes.push_back({exposure,
                                  time.value_or(alert.last_time),
                                  time.has_value(),
                                  alert.level,
                                  {alert.rule_name},
                                  alert.id});
      return;
    }
    Overview::Write& write = overview_.writes[known->second];
    write.level = std::max(write.level, alert.level);
    if (write.rules.size() < kRulesMax &&
        std::find(write.rules.begin(), write.rules.end(), alert.rule_name) == write.rules.end()) {
      write.rules.push_back(alert.rule_name);
    }
  }

 private:
  Overview& overview_;
  std::map<std::string, std::size_t> places_;
};

template <typename Item>
void cut(std::vector<Item>& items, std::size_t max, bool& is_cut) {
  if (items.size() <= max) return;
  items.resize(max);
  is_cut = true;
}

}  // namespace

void add_alerts(Overview& overview, const RecentAlerts& recent) {
  overview.is_cut = recent.is_cut;
  WriteList writes(overview);
  for (const auto& [told, committed] : recent.alerts) {
    Alert alert = told;
    // A line that could not be read told no time.
    if (alert.last_time <= WallTime()) alert.last_time = committed;
    for (const Exposure& exposure : alert.exposures) writes.add(exposure, alert);
    if (alert.exposures.size() == kExposuresMax) {
      overview.unlisted += alert.count - std::min<std::uint64_t>(alert.count, kExposuresMax);
    }
    if (blind_rules().contains(alert.rule_id)) overview.blind_spots.push_back(alert);
    if (alert.phase != Phase::final && !is_own(alert)) overview.open.push_back(alert);
  }
  std::stable_sort(overview.writes.begin(), overview.writes.end(),
                   [](const auto& a, const auto& b) { return a.time > b.time; });
  cut(overview.writes, kWritesMax, overview.is_cut);
  cut(overview.open, kOpenMax, overview.is_cut);
  cut(overview.blind_spots, kBlindSpotsMax, overview.is_cut);
}

}  // namespace nodeportd
