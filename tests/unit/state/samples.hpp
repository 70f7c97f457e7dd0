#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/changes.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"

namespace nodeportd::test {

inline WallTime at(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

// A value that is there, or the test ends with what is wrong.
template <typename Value>
Value must(Result<Value> result) {
  INFO((result ? std::string() : result.error().text));
  REQUIRE(result.has_value());
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

// Every field has a value of its own.
inline Exposure sample_exposure() {
  Exposure exposure;
  exposure.audit_id = "audit-1";
  exposure.change = Exposure::Change::applied;
  exposure.outcome = Exposure::Outcome::dry_run;
  exposure.type = "NodePort";
  exposure.doors = {{{31000, "http", 80, "web", "TCP"}, {std::nullopt, "", std::nullopt, "", ""}},
                    {"192.0.2.7"},
                    32000};
  exposure.via = {Exposure::Via::node_port, Exposure::Via::health_check};
  exposure.inspectable = Exposure::Inspectable::request_only;
  exposure.inspectable_reason = "level";
  exposure.ns = "prod";
  exposure.name = "web";
  exposure.uid = "uid-1";
  exposure.user = "mallory";
  exposure.actor = "alice";
  exposure.origin_ip = "10.0.0.1";
  exposure.before = Exposure::Before::open;
  exposure.opened = {{{31000, "http", 80, "web", "TCP"}}, {}, 32001};
  exposure.audit_id_reused = true;
  return exposure;
}

inline KnownService sample_service(const std::string& name, std::int64_t seconds = 7) {
  KnownService service;
  service.cluster = "prod";
  service.ns = "default";
  service.name = name;
  service.uid = "uid-" + name;
  service.type = "LoadBalancer";
  service.node_ports = {{{31000, "http", 80, "8080", "TCP"}, at(seconds), "mallory"},
                        {{std::nullopt, "", std::nullopt, "", "UDP"}, at(5), ""}};
  service.external_ips = {{"192.0.2.7", at(6), "alice"}};
  service.health_check_node_port = Opened<std::uint32_t>{32000, at(7), "bob"};
  service.updated = at(seconds);
  return service;
}

// Nothing of it is open.
inline KnownService closed_service(const std::string& name, std::int64_t seconds) {
  KnownService service = sample_service(name, seconds);
  service.type = std::nullopt;
  service.node_ports.clear();
  service.external_ips.clear();
  service.health_check_node_port.reset();
  return service;
}

inline Alert sample_alert(const std::string& id, std::uint32_t revision = 1) {
  Alert alert;
  alert.id = id;
  alert.epoch = "0123456789abcdef";
  alert.revision = revision;
  alert.phase = Phase::update;
  alert.rule_id = "rule-1";
  alert.rule_name = "Kubernetes Node Port Creation";
  alert.level = Level::high;
  alert.tags = {"attack.t1204", ""};
  alert.cluster = "prod";
  alert.node = "cp-1";
  alert.window_start = at(3600);
  alert.window_end = at(7200);
  alert.first_time = at(3601) + Micros(7);
  alert.last_time = at(3605);
  alert.count = 0xFFFFFFFFFF;
  alert.group = {{"user", "mallory"}, {"stage", std::nullopt}, {"verb", ""}};
  alert.values = {{"user_groups", {"a", "b"}}, {"none", {}}};
  alert.user = "mallory";
  alert.src_ip = std::nullopt;
  alert.message = "r\xC3\xA9" + std::string(1, '\0') + "n";
  alert.has_risk = true;
  alert.confidence = 70;
  alert.impact = 71;
  alert.score = 49;
  alert.risk_objects = {{"user", "User", "mallory", 49}};
  alert.threat_objects = {{"src_ip", "IP Address", "10.0.0.1", 0}};
  alert.story = {"Kubernetes Security"};
  alert.mitre_attack_ids = {"T1204"};
  alert.exposures = {sample_exposure(), {}};
  alert.events = {{"audit-1", at(3601), "ResponseComplete", "/var/log/audit.log", 1234567890123}};
  alert.facts = {{"reason", "depth"}};
  alert.closed_early = true;
  alert.undurable = true;
  alert.test = true;
  return alert;
}

inline Window sample_window(const std::string& id, std::uint32_t revision = 1) {
  return Window{sample_alert(id, revision), {1, 0xFFFFFFFFFFFFFFFF}, 41, false};
}

inline FileMark sample_mark(const std::string& stream, std::uint64_t inode,
                            std::uint64_t offset = 0) {
  FileMark mark;
  mark.stream = stream;
  mark.path = stream + "-2026-11-24T08-59-27.277.log";
  mark.device = 0xFFFFFFFFFFFFFFFE;  // beyond what SQLite's integers hold with a sign
  mark.inode = inode;
  mark.head_size = 1024;
  mark.head.fill(0xA5);
  mark.offset = offset;
  mark.tail_size = 256;
  mark.tail.fill(0x5A);
  mark.turn = 3;
  mark.seen = at(17);
  return mark;
}

// All members of a value, so that values compare member by member. A member that is added to the
// model must be added here to compile.
inline auto members(const RiskObject& object) {
  const auto& [field, type, value, score] = object;
  return std::tuple(field, type, value, score);
}

inline auto members(const EventRef& event) {
  const auto& [audit_id, time, stage, source, offset] = event;
  return std::tuple(audit_id, time, stage, source, offset);
}

template <typename Value>
auto members(const std::vector<Value>& values) {
  std::vector<decltype(members(std::declval<const Value&>()))> all;
  for (const Value& value : values) all.push_back(members(value));
  return all;
}

inline auto members(const Alert& alert) {
  const auto& [id, epoch, revision, phase, rule_id, rule_name, level, tags, cluster, node,
               window_start, window_end, first_time, last_time, count, group, values, user, src_ip,
               message, has_risk, confidence, impact, score, risk_objects, threat_objects, story,
               mitre_attack_ids, exposures, events, facts, closed_early, undurable, replayed,
               test] = alert;
  return std::tuple(id, epoch, revision, phase, rule_id, rule_name, level, tags, cluster, node,
                    window_start, window_end, first_time, last_time, count, group, values, user,
                    src_ip, message, has_risk, confidence, impact, score, members(risk_objects),
                    members(threat_objects), story, mitre_attack_ids, exposures, members(events),
                    facts, closed_early, undurable, replayed, test);
}

inline auto members(const Window& window) {
  const auto& [alert, seen, delivered_count, closed] = window;
  return std::tuple(members(alert), seen, delivered_count, closed);
}

inline auto members(const FileMark& mark) {
  const auto& [stream, path, device, inode, head_size, head, offset, tail_size, tail, turn, seen,
               finished] = mark;
  return std::tuple(stream, path, device, inode, head_size, head, offset, tail_size, tail,
                    finished);
}

template <typename Value>
bool same(const Value& a, const Value& b) {
  return members(a) == members(b);
}

inline std::unique_ptr<Store> open_store(const std::string& directory, std::int64_t seconds = 0) {
  StoreOptions options;
  options.directory = directory;
  return must(Store::open(options, at(seconds)));
}

// Commits one alert for one sink.
inline void send(Store& store, const Alert& alert, const std::vector<std::string>& sinks = {"s"},
                 std::int64_t seconds = 0) {
  Changes changes;
  changes.outgoing.push_back({alert, sinks});
  must(store.commit(changes, at(seconds)));
}

// `id.revision` of what waits, in the order of delivery.
inline std::vector<std::string> waiting(Store& store, const std::string& sink = "s") {
  std::vector<std::string> names;
  for (const Delivery& delivery : must(store.pending(sink, 1000, 1 << 30))) {
    names.push_back(delivery.alert.id + '.' + std::to_string(delivery.alert.revision));
  }
  return names;
}

// Does to the state file what no daemon does; the store is not open.
inline void tamper(const std::string& directory, const std::string& sql) {
  Database database = must(Database::open(directory + "/state.db", Database::Access::existing));
  must(database.execute(sql));
}

using Names = std::vector<std::string>;

}  // namespace nodeportd::test
