#include "model/rule.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

namespace nodeportd {
namespace {

constexpr std::string_view kTagPrefix = "nodeportd.";
constexpr std::array<std::string_view, 5> kLevels = {"informational", "low", "medium", "high",
                                                     "critical"};

// A fact of the daemon's own. Its name is the first tag, by which find() knows it.
Rule make(std::string id, std::string_view name, Level level, std::string title) {
  Rule rule;
  rule.id = std::move(id);
  rule.name = std::move(title);
  rule.level = level;
  rule.tags = {std::string(kTagPrefix) + std::string(name)};
  return rule;
}

Rule make_blind_spot(std::string id, std::string_view name, Level level, std::string title) {
  Rule rule = make(std::move(id), name, level, std::move(title));
  rule.aggregate.group_by = {{"source", ""}, {"reason", ""}};
  return rule;
}

const std::vector<Rule>& notices() {
  static const std::vector<Rule> rules = {
      make("fddf8fb6-7733-4482-9eea-3c9cbc5a2e0d", "daemon.started", Level::informational,
           "nodeportd started"),
      make("3b9ac453-5df7-4698-92cb-946a9a74bff5", "daemon.stopped", Level::informational,
           "nodeportd stopped"),
      make("6c827723-be08-4cc8-bf0e-eae447067bca", "daemon.reloaded", Level::informational,
           "nodeportd took up its configuration anew"),
      make("b3504f9e-95a1-4d28-8959-8cba0a6aedb5", "reload.refused", Level::high,
           "A new configuration was refused"),
      make("c1942914-3359-4be2-b073-233a13a1e2d3", "heartbeat", Level::informational,
           "nodeportd is alive"),
      make("afb7a3ec-e438-48e3-b30f-eb6db4af42b7", "source.history_skipped", Level::informational,
           "Older audit logs were not read"),
      make("e5c51310-fbe0-4306-a445-79a7bf2443bd", "source.lines_lost", Level::high,
           "Audit log lines were lost before they were read"),
      make("2df8c3eb-5c28-4ef8-b6a4-e9255c00518d", "source.truncated", Level::medium,
           "An audit log was truncated"),
      make("79ed41f0-2493-4744-950c-ed1c29187e0c", "source.unreadable", Level::high,
           "An audit log cannot be read"),
      make("9fffb3ed-ca6e-4e8f-888d-fc16dc6730a3", "source.missing", Level::high,
           "There is no audit log to read"),
      make("53d15ebe-af22-402c-b435-9f45712d95ca", "source.silent", Level::medium,
           "An audit log brings no lines"),
      make("719c94b3-7422-4ba2-91d6-52754a74ae29", "source.behind", Level::medium,
           "Reading an audit log does not keep up"),
      make("9b1b0df2-472f-4a46-9daa-1b32e6188307", "source.unwatched", Level::low,
           "An audit log is polled: the kernel refuses to watch it"),
      make("3e0f5a86-7c1b-4a52-9d54-0d2a6b1f9c77", "reading.paused", Level::high,
           "Reading waits: alerts can go nowhere"),
      make("f49fb87f-958c-436a-aa7b-f7b52cbe1e43", "state.undurable", Level::high,
           "The state cannot be written"),
      make("f5d997d2-0c14-4a9b-bc6e-370a3579c828", "state.damaged", Level::high,
           "A damaged row of the state was set aside"),
      make("da043faf-d2ff-4e04-a441-b97731cee170", "sink.expired", Level::high,
           "Alerts for a dead sink expired"),
      make("8151eeee-59e0-4494-9866-565504936bae", "sink.failing", Level::high,
           "A sink has been failing for long"),
      make("c1d26b80-0f82-46e1-9990-3977a3908ef9", "sink.dead_letter", Level::medium,
           "A receiver refused an alert for good"),
      make("a86f71ac-78af-4cb4-9917-0c785e45da25", "clock.ahead", Level::medium,
           "An audit event lies in the future"),
      make("0b755b93-934f-49ca-9691-ef21f0bfc6a4", "clock.jumped", Level::medium,
           "The machine's clock jumped"),
      make("14fd15c0-c7c3-4e54-8cb0-d7e5ba4f0bd9", "aggregate.keys_bounded", Level::medium,
           "A window closed early at the bound of keys"),
      make("d112ee95-0a6c-4ba3-b5b3-af8327e97a1b", "policy.blind", Level::medium,
           "The audit policy hides how Services are opened"),
      make("c299cc36-91f0-47e9-9c6f-ee10ff1e5b51", "test", Level::informational, "Test alert"),
  };
  return rules;
}

}  // namespace

std::string_view to_text(Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}

std::optional<Level> parse_level(std::string_view text) {
  const auto* found = std::find(kLevels.begin(), kLevels.end(), text);
  if (found == kLevels.end()) return std::nullopt;
  return static_cast<Level>(found - kLevels.begin());
}

std::vector<std::string> mitre_attack_ids(const std::vector<std::string>& tags) {
  static constexpr std::string_view kPrefix = "attack.t";
  std::vector<std::string> ids;
  for (const std::string& tag : tags) {
    if (tag.size() <= kPrefix.size() || !tag.starts_with(kPrefix)) continue;
    if (std::isdigit(static_cast<unsigned char>(tag[kPrefix.size()])) == 0) continue;
    ids.push_back("T" + tag.substr(kPrefix.size()));
  }
  return ids;
}

namespace builtin {

const Rule& line_uninspectable() {
  static const Rule rule =
      make_blind_spot("655ce20e-80f4-4b55-bb95-eb4bf2e90bb0", "line_uninspectable", Level::medium,
                      "An audit log line could not be inspected");
  return rule;
}

const Rule& groups_truncated() {
  static const Rule rule =
      make_blind_spot("f7f08e74-252e-4316-9229-97144833faa4", "groups_truncated", Level::medium,
                      "An audit event gave more groups than are counted");
  return rule;
}

const Rule* find(std::string_view name) {
  const std::string tag = std::string(kTagPrefix) + std::string(name);
  const auto found = std::find_if(notices().begin(), notices().end(),
                                  [&](const Rule& rule) { return rule.tags.front() == tag; });
  return found == notices().end() ? nullptr : &*found;
}

std::vector<std::string_view> notice_names() {
  std::vector<std::string_view> names;
  for (const Rule& rule : notices()) {
    const std::string_view name = std::string_view(rule.tags.front()).substr(kTagPrefix.size());
    if (name != "heartbeat" && name != "test") names.push_back(name);
  }
  return names;
}

}  // namespace builtin
}  // namespace nodeportd
