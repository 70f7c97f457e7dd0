// What the page's script reads. Its texts end in a browser, where a bidirectional character would
// turn a line round as it does in a terminal: they are made printable, not only valid.

#include <algorithm>
#include <span>

#include "base/json_text.hpp"
#include "daemon/report/overview.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kTextMax = 200;
constexpr std::size_t kMessageMax = 600;
constexpr std::size_t kDoorsMax = Overview::kDoorsMax;
constexpr std::size_t kRowsMax = 100;
constexpr std::size_t kFactsMax = Overview::kFactsMax;

void put_text(JsonWriter& json, std::string_view key, std::string_view text,
              std::size_t max = kTextMax) {
  write_member(json, key, bounded_printable(text, max));
}

void put_told(JsonWriter& json, std::string_view key, const std::optional<std::string>& text) {
  if (text && !text->empty()) put_text(json, key, *text);
}

// The first of them.
template <typename Item, typename Put>
void put_list(JsonWriter& json, std::string_view key, const std::vector<Item>& items, Put put,
              std::size_t max = kRowsMax) {
  write_list(json, key, std::span(items).first(std::min(items.size(), max)), put);
}

void put_node_port(JsonWriter& json, const NodePort& port) {
  write_member(json, "number", port.number);
  write_member(json, "port", port.port);
  put_told(json, "name", port.name);
  put_told(json, "target", port.target_port);
  put_told(json, "protocol", port.protocol);
}

void put_doors(JsonWriter& json, const Doors& doors, std::size_t all) {
  put_list(json, "node_ports", doors.node_ports, put_node_port, kDoorsMax);
  write_key(json, "external_ips");
  json.StartArray();
  for (std::size_t i = 0; i < std::min(doors.external_ips.size(), kDoorsMax); ++i) {
    write(json, bounded_printable(doors.external_ips[i], kTextMax));
  }
  json.EndArray();
  write_member(json, "health_check_node_port", doors.health_check_node_port);
  write_member(json, "doors", all);
}

void put_write(JsonWriter& json, const Overview::Write& write_of_service) {
  const Exposure& exposure = write_of_service.exposure;
  write_member(json, "time", write_of_service.time);
  write_member(json, "time_exact", write_of_service.is_time_exact);
  write_member(json, "outcome", to_text(exposure.outcome));
  write_member(json, "change", to_text(exposure.change));
  put_told(json, "type", exposure.type);
  put_doors(json, exposure.doors, write_of_service.doors);
  write_key(json, "via");
  json.StartArray();
  for (const Exposure::Via via : exposure.via) write(json, to_text(via));
  json.EndArray();
  write_member(json, "before", to_text(exposure.before));
  write_member(json, "inspectable", to_text(exposure.inspectable));
  put_told(json, "namespace", exposure.ns);
  put_told(json, "name", exposure.name);
  put_told(json, "user", exposure.user);
  put_told(json, "actor", exposure.actor);
  put_told(json, "origin_ip", exposure.origin_ip);
  put_told(json, "audit_id", exposure.audit_id);
  put_text(json, "alert_id", write_of_service.alert_id);
  write_member(json, "level", to_text(write_of_service.level));
  write_key(json, "rules");
  json.StartArray();
  for (const std::string& rule : write_of_service.rules) {
    write(json, bounded_printable(rule, kTextMax));
  }
  json.EndArray();
}

void put_fact(JsonWriter& json, const std::pair<std::string, std::string>& fact) {
  put_text(json, "name", fact.first);
  put_text(json, "value", fact.second);
}

void put_alert(JsonWriter& json, const Overview::Told& alert) {
  put_text(json, "alert_id", alert.id);
  put_text(json, "rule", alert.rule_name);
  write_member(json, "level", to_text(alert.level));
  write_member(json, "first", alert.first_time);
  write_member(json, "last", alert.last_time);
  write_member(json, "closes", alert.window_end);
  write_member(json, "count", alert.count);
  put_told(json, "user", alert.user);
  put_told(json, "src_ip", alert.src_ip);
  put_text(json, "message", alert.message, kMessageMax);
  put_list(json, "facts", alert.facts, put_fact, kFactsMax);
}

void put_trouble(JsonWriter& json, const ProbeCheck& trouble) {
  put_text(json, "what", trouble.check);
  put_told(json, "where", trouble.path);
  put_text(json, "why", trouble.reason, kMessageMax);
}

void put_source(JsonWriter& json, const StreamStatus& stream) {
  put_text(json, "path", stream.path);
  put_told(json, "file", stream.file);
  write_member(json, "offset", stream.offset);
  write_member(json, "size", stream.size);
  write_member(json, "unread", stream.unread);
  write_member(json, "records", stream.records);
  write_member(json, "last_read", stream.last_read);
  write_member(json, "waiting", stream.waiting);
  write_member(json, "missing", stream.missing);
}

void put_sink(JsonWriter& json, const StatusReport::Sink& sink) {
  put_text(json, "name", sink.courier.sink);
  write_member(json, "alive", sink.courier.alive);
  write_member(json, "delivered", sink.courier.delivered);
  write_member(json, "pending", sink.pending);
  write_member(json, "oldest_pending", sink.oldest_pending);
  write_member(json, "dead_letters", sink.courier.refused);
  write_member(json, "last_delivery", sink.courier.last_delivery);
  put_text(json, "last_error", sink.courier.last_error, kMessageMax);
  put_text(json, "trouble", sink.courier.trouble, kMessageMax);
}

}  // namespace

std::string to_json(const Overview& overview) {
  const StatusReport& status = overview.status;
  return json_object([&](JsonWriter& json) {
           put_text(json, "version", NODEPORTD_VERSION);
           put_text(json, "cluster", status.cluster);
           put_text(json, "node", status.node);
           write_member(json, "started", status.started);
           write_member(json, "now", status.now);
           write_member(json, "records", status.records);
           write_member(json, "watermark", status.ledger.watermark);
           write_member(json, "open_windows", status.ledger.open_windows);
           write_member(json, "open_services", overview.open_services);
           write_member(json, "sources_in_all", status.streams.size());
           write_member(json, "unlisted", overview.unlisted);
           write_member(json, "truncated", overview.is_cut);
           put_list(json, "troubles", overview.troubles, put_trouble);
           put_list(json, "exposures", overview.writes, put_write, overview.writes.size());
           put_list(json, "open", overview.open, put_alert);
           put_list(json, "blind_spots", overview.blind_spots, put_alert);
           put_list(json, "sources", status.streams, put_source);
           put_list(json, "sinks", status.sinks, put_sink);
         }) +
         "\n";
}

}  // namespace nodeportd
