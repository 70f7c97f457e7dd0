#include "sink/format_exposure.hpp"

#include <fmt/format.h>

#include "sink/format.hpp"

namespace nodeportd {
namespace {

// A line of text has room for so many ports and addresses.
constexpr std::size_t kWordsMax = 4;

// What is not told is null, never an empty text.
void write_told(JsonWriter& json, std::string_view key, const std::string& text) {
  write_member(json, key, text.empty() ? std::nullopt : std::optional(text));
}

void write_node_port(JsonWriter& json, const NodePort& port) {
  write_member(json, "number", port.number);
  write_told(json, "name", port.name);
  write_member(json, "port", port.port);
  write_told(json, "target_port", port.target_port);
  write_told(json, "protocol", port.protocol);
}

void write_doors(JsonWriter& json, const Doors& doors) {
  write_list(json, "node_ports", doors.node_ports, write_node_port);
  write_member(json, "external_ips", doors.external_ips);
  write_member(json, "health_check_node_port", doors.health_check_node_port);
}

void write_opened(JsonWriter& json, const Doors& opened) {
  write_key(json, "opened");
  if (opened.empty()) {
    json.Null();
    return;
  }
  json.StartObject();
  write_doors(json, opened);
  json.EndObject();
}

void write_via(JsonWriter& json, const std::vector<Exposure::Via>& via) {
  write_key(json, "via");
  json.StartArray();
  for (const Exposure::Via each : via) write(json, to_text(each));
  json.EndArray();
}

void write_exposure(JsonWriter& json, const Exposure& exposure) {
  write_told(json, "audit_id", exposure.audit_id);
  write_member(json, "change", to_text(exposure.change));
  write_member(json, "outcome", to_text(exposure.outcome));
  write_member(json, "type", exposure.type);
  write_doors(json, exposure.doors);
  write_member(json, "unlisted", exposure.unlisted);
  write_via(json, exposure.via);
  write_member(json, "before", to_text(exposure.before));
  write_opened(json, exposure.opened);
  write_member(json, "inspectable", to_text(exposure.inspectable));
  write_told(json, "inspectable_reason", exposure.inspectable_reason);
  write_told(json, "namespace", exposure.ns);
  write_told(json, "name", exposure.name);
  write_told(json, "uid", exposure.uid);
  write_told(json, "user", exposure.user);
  write_told(json, "actor", exposure.actor);
  write_told(json, "origin_ip", exposure.origin_ip);
  write_member(json, "audit_id_reused", exposure.audit_id_reused);
}

std::string number_of(const NodePort& port) {
  return port.number ? std::to_string(*port.number) : "?";
}

}  // namespace

void write_exposures(JsonWriter& json, const std::vector<Exposure>& exposures) {
  write_list(json, "exposure", exposures, write_exposure);
}

std::string to_words(const Exposure& exposure) {
  std::string words = fmt::format("{} {}/{}", to_text(exposure.change), exposure.ns,
                                  exposure.name.empty() ? "?" : exposure.name);
  if (exposure.type) words += " " + *exposure.type;
  std::size_t told = 0;
  for (const NodePort& port : exposure.doors.node_ports) {
    if (++told <= kWordsMax) words += fmt::format(" {}/{}", number_of(port), port.protocol);
  }
  for (const std::string& address : exposure.doors.external_ips) {
    if (++told <= kWordsMax) words += " " + address;
  }
  told += exposure.unlisted;
  if (told > kWordsMax) words += fmt::format(" and {} more", told - kWordsMax);
  return words + ", " + std::string(to_text(exposure.outcome));
}

}  // namespace nodeportd
