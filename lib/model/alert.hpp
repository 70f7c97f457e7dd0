#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/exposure.hpp"
#include "model/match.hpp"
#include "model/rule.hpp"

namespace nodeportd {

// Why a revision was sent.
enum class Phase : std::uint8_t {
  first,   // a tuple matched that had not in this window
  update,  // its figures changed
  final,   // its window is closed; figures change only if a late match reopens it
};

struct RiskObject {
  std::string field;
  std::string type;
  std::string value;
  int score = 0;  // 0 for a threat object, which has none
};

// Exposures of one alert; of the writes beyond them it keeps the count alone.
inline constexpr std::size_t kExposuresMax = 32;

// One revision of an alert: what a sink delivers and a person reads. `id`, `epoch` and `revision`
// together name it for ever; a committed revision never changes its content.
struct Alert {
  std::string id;     // 32 hexadecimal digits, see alert_id() in aggregate/alert_id.hpp
  std::string epoch;  // names the birth of the state, or of what is known of how far logs are read
  std::uint32_t revision = 0;
  Phase phase = Phase::first;

  std::string rule_id;
  std::string rule_name;
  Level level = Level::medium;
  std::vector<std::string> tags;

  std::string cluster;
  std::string node;
  WallTime window_start{};
  WallTime window_end{};
  WallTime first_time{};
  WallTime last_time{};
  std::uint64_t count = 0;
  std::vector<std::pair<std::string, std::optional<std::string>>> group;
  std::vector<std::pair<std::string, std::vector<std::string>>> values;  // distinct, sorted
  std::optional<std::string> user;
  std::optional<std::string> src_ip;
  std::string message;

  bool has_risk = false;
  int confidence = 0;
  int impact = 0;
  int score = 0;
  std::vector<RiskObject> risk_objects;
  std::vector<RiskObject> threat_objects;
  std::vector<std::string> story;
  std::vector<std::string> mitre_attack_ids;

  // Of the service writes behind it: distinct, those that succeeded first, kExposuresMax at most.
  std::vector<Exposure> exposures;
  std::vector<EventRef> events;  // the 3 smallest by (time, audit_id, stage)
  std::vector<std::pair<std::string, std::string>> facts;  // of the daemon's own alerts
  bool closed_early = false;  // its window gave way at the bound of keys
  bool undurable = false;     // sent while the state could not be written
  bool replayed = false;      // from before a damage of the state: it may have been told already
  bool test = false;          // from `nodeportd test-sink`

  // `alert_id.epoch.revision`
  [[nodiscard]] std::string idempotency_key() const {
    return id + '.' + epoch + '.' + std::to_string(revision);
  }
};

}  // namespace nodeportd
