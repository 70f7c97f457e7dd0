#include "daemon/report/probes.hpp"

#include <algorithm>
#include <set>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kChecksShown = 100;
// A disk that is only slow has written by then.
constexpr std::chrono::seconds kWritesIn{5};

std::string trouble_of_state(const LedgerStatus& ledger, MonoTime now) {
  if (!ledger.durable) return "cannot be written";
  if (!ledger.writing_since || now - *ledger.writing_since < kWritesIn) return "";
  return "a write has not ended for " + format_seconds(now - *ledger.writing_since);
}

void write_check(JsonWriter& json, const ProbeCheck& check) {
  write_member(json, "check", check.check);
  if (!check.path.empty()) write_member(json, "path", check.path);
  write_member(json, "ok", check.reason.empty());
  if (!check.reason.empty()) write_member(json, "reason", check.reason);
}

}  // namespace

std::vector<ProbeCheck> readiness_checks(const Lookout::Sight& sight, const LedgerStatus& ledger,
                                         std::size_t rules) {
  std::vector<ProbeCheck> checks;
  for (const StreamStatus& stream : sight.streams) {
    std::string reason;
    if (stream.waiting) {
      reason = "there is no file that can be read";
    } else if (stream.missing) {
      reason = "there is no file under this path any more";
    }
    checks.push_back({"source", stream.path, std::move(reason)});
  }
  for (const std::string& pattern : sight.patterns) {
    checks.push_back({"source", pattern, "no file matches"});
  }
  checks.push_back({"state", "", trouble_of_state(ledger, sight.mono)});
  checks.push_back({"reading", "", ledger.paused ? "waits for room for alerts" : ""});
  checks.push_back({"rules", "", rules > 0 ? "" : "none are loaded"});
  return checks;
}

std::optional<MonoTime> FlowWatch::look(std::uint64_t dealt, const LedgerStatus& ledger,
                                        MonoTime now) {
  const bool is_under_way = dealt != ledger.batches && !ledger.paused;
  const bool has_moved = std::exchange(booked_, ledger.batches) != ledger.batches;
  if (!is_under_way) {
    stands_since_.reset();
  } else if (has_moved || !stands_since_) {
    stands_since_ = now;
    return std::nullopt;
  }
  return stands_since_;
}

std::vector<ProbeCheck> health_checks(const std::vector<PulseWatch::Stuck>& stuck,
                                      std::optional<MonoTime> flow_stands_since,
                                      std::chrono::milliseconds grace, MonoTime now) {
  std::vector<ProbeCheck> checks;
  for (const PulseWatch::Stuck& each : stuck) {
    if (now - each.since < grace) continue;
    checks.push_back(
        {"thread " + each.thread, "", "has not moved for " + format_seconds(now - each.since)});
  }
  if (flow_stands_since && now - *flow_stands_since >= grace) {
    checks.push_back(
        {"lines", "",
         "what was read has not been booked for " + format_seconds(now - *flow_stands_since)});
  }
  return checks;
}

std::vector<ProbeCheck> Grace::settle(std::vector<ProbeCheck> checks, MonoTime now) {
  std::map<std::pair<std::string, std::string>, MonoTime> failing;
  for (ProbeCheck& check : checks) {
    if (check.reason.empty()) continue;
    const std::pair key(check.check, check.path);
    const auto before = failing_since_.find(key);
    const MonoTime since = before == failing_since_.end() ? now : before->second;
    failing.emplace(key, since);
    if (now - since < length_) check.reason.clear();
  }
  failing_since_ = std::move(failing);
  return checks;
}

bool holds(const std::vector<ProbeCheck>& checks) {
  return std::all_of(checks.begin(), checks.end(),
                     [](const ProbeCheck& check) { return check.reason.empty(); });
}

std::string to_json(const char* word, const std::vector<ProbeCheck>& checks) {
  // What fails first, as whoever asks may see no more than the beginning.
  std::vector<ProbeCheck> shown = checks;
  std::stable_partition(shown.begin(), shown.end(),
                        [](const ProbeCheck& check) { return !check.reason.empty(); });
  shown.resize(std::min(shown.size(), kChecksShown));
  return json_object([&](JsonWriter& json) {
           write_member(json, word, holds(checks));
           write_list(json, "reasons", shown, write_check);
         }) +
         "\n";
}

}  // namespace nodeportd
