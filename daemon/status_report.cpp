#include "daemon/status_report.hpp"

#include <fmt/format.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <span>

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "daemon/table.hpp"
#include "decode/audit_decoder.hpp"

namespace nodeportd {
namespace {

using PrettyWriter = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void put(PrettyWriter& json, const char* key, const std::string& text) {
  json.Key(key);
  const std::string valid = valid_utf8(text);
  json.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}
void put(PrettyWriter& json, const char* key, std::uint64_t number) {
  json.Key(key);
  json.Uint64(number);
}
void put_flag(PrettyWriter& json, const char* key, bool flag) {
  json.Key(key);
  json.Bool(flag);
}
void put_time(PrettyWriter& json, const char* key, const std::optional<WallTime>& time) {
  json.Key(key);
  if (!time) {
    json.Null();
    return;
  }
  json.String(format_time(*time).c_str());
}

void put_streams(PrettyWriter& json, const StatusReport& report) {
  json.Key("logs");
  json.StartArray();
  for (const StreamStatus& stream : report.streams) {
    json.StartObject();
    put(json, "path", stream.path);
    put(json, "file", stream.file);
    put(json, "offset", stream.offset);
    put(json, "size", stream.size);
    put(json, "unread_bytes", stream.unread);
    put_flag(json, "waiting_for_file", stream.waiting);
    put_flag(json, "at_end", stream.at_end);
    json.EndObject();
  }
  json.EndArray();
}

void put_sinks(PrettyWriter& json, const StatusReport& report) {
  json.Key("sinks");
  json.StartArray();
  for (const StatusReport::Sink& sink : report.sinks) {
    json.StartObject();
    put(json, "name", sink.courier.sink);
    put_flag(json, "alive", sink.courier.alive);
    put(json, "delivered", sink.courier.delivered);
    put(json, "pending", sink.pending);
    put(json, "pending_bytes", sink.pending_bytes);
    put_time(json, "oldest_pending", sink.oldest_pending);
    put(json, "failed_attempts", sink.courier.retries);
    put(json, "dead_letters", sink.courier.refused);
    put(json, "undurable_waiting", sink.courier.undurable_waiting);
    put(json, "undurable_dropped", sink.courier.undurable_dropped);
    put_time(json, "last_delivery", sink.courier.last_delivery);
    put(json, "last_error", sink.courier.last_error);
    json.EndObject();
  }
  json.EndArray();
}

// Members of a parsed report; what is missing reads as empty, so that an older daemon can be asked.
std::string text_of(const Value& object, const char* key) {
  const Value* value = object.find(key);
  if (value == nullptr) return "";
  if (value->kind == Value::Kind::boolean) return value->text == "true" ? "yes" : "no";
  return value->is_scalar() ? std::string(value->text) : "-";
}

std::vector<std::string> texts_of(const Value& object, std::initializer_list<const char*> keys) {
  std::vector<std::string> texts;
  for (const char* key : keys) texts.push_back(text_of(object, key));
  return texts;
}

void print_rows(const Value& root, const char* list, std::vector<std::string> header,
                std::initializer_list<const char*> keys, std::FILE* to) {
  Table table(std::move(header));
  const Value* found = root.find(list);
  if (found == nullptr || found->kind != Value::Kind::array) return;
  for (const Value& row : std::span(found->items, found->size)) {
    if (row.kind == Value::Kind::object) table.add(texts_of(row, keys));
  }
  fmt::print(to, "\n");
  table.print(to);
}

}  // namespace

std::string to_json(const StatusReport& report) {
  rapidjson::StringBuffer buffer;
  PrettyWriter json(buffer);
  json.SetIndent(' ', 2);
  json.StartObject();
  put(json, "version", std::string(NODEPORTD_VERSION));
  put(json, "cluster", report.cluster);
  put(json, "node", report.node);
  put(json, "epoch", report.epoch);
  put_time(json, "started", report.started);
  put_time(json, "now", report.now);
  put_flag(json, "durable", report.ledger.durable);
  put_flag(json, "paused", report.ledger.paused);
  put(json, "records", report.records);
  put(json, "bytes", report.bytes);
  put(json, "decoded", report.decoded);
  put(json, "matches", report.matches);
  put(json, "uninspectable", report.uninspectable);
  put(json, "suppressed", report.ledger.suppressed);
  put(json, "open_windows", report.ledger.open_windows);
  put_time(json, "watermark", report.ledger.watermark);
  put(json, "revisions", report.ledger.revisions);
  put(json, "commits", report.ledger.commits);
  put(json, "failed_commits", report.ledger.failed_commits);
  put_streams(json, report);
  put_sinks(json, report);
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

Result<void> print_status(const std::string& json, std::FILE* to) {
  AuditDecoder decoder;  // reads any JSON object
  const Result<AuditEvent, Reject> report = decoder.decode(json);
  if (!report) return fail(ErrorKind::malformed, "this is no status report");
  const Value& root = report->root;
  const auto line = [&](const char* label, const std::string& text) {
    fmt::print(to, "{:<14}{}\n", label, printable(text));
  };
  line("nodeportd", text_of(root, "version") + ", since " + text_of(root, "started"));
  line("cluster", text_of(root, "cluster") + "  node " + text_of(root, "node"));
  const bool is_durable = text_of(root, "durable") == "yes";
  const bool is_paused = text_of(root, "paused") == "yes";
  std::string state = is_durable ? "well" : "UNDURABLE: the state cannot be written";
  if (is_paused) {
    state = is_durable ? "PAUSED: no sink takes alerts"
                       : state + "; PAUSED: what waits in memory is full";
  }
  line("state", state);
  line("lines", text_of(root, "records") + " read, " + text_of(root, "decoded") + " decoded, " +
                    text_of(root, "matches") + " matches, " + text_of(root, "suppressed") +
                    " suppressed, " + text_of(root, "uninspectable") + " uninspectable");
  line("windows", text_of(root, "open_windows") + " open, watermark " + text_of(root, "watermark"));
  print_rows(root, "logs", {"LOG", "FILE", "OFFSET", "SIZE", "UNREAD", "WAITING"},
             {"path", "file", "offset", "size", "unread_bytes", "waiting_for_file"}, to);
  print_rows(
      root, "sinks", {"SINK", "ALIVE", "DELIVERED", "PENDING", "FAILED", "DEAD", "LAST ERROR"},
      {"name", "alive", "delivered", "pending", "failed_attempts", "dead_letters", "last_error"},
      to);
  return {};
}

}  // namespace nodeportd
