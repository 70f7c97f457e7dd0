#include "daemon/report/status_report.hpp"

#include <fmt/format.h>

#include <span>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "daemon/table.hpp"
#include "decode/audit_decoder.hpp"

namespace nodeportd {
namespace {

// By the clock that people read.
std::optional<WallTime> behind_since(const StreamStatus& stream, const StatusReport& report) {
  if (!stream.behind_since) return std::nullopt;
  return report.now - std::chrono::duration_cast<Micros>(report.mono - *stream.behind_since);
}

void write_trouble(JsonWriter& json, const ProbeCheck& trouble) {
  write_member(json, "what", trouble.check);
  write_member(json, "where", trouble.path);
  write_member(json, "why", trouble.reason);
}

void write_left_file(JsonWriter& json, const Rotation& rotation) {
  write_member(json, "time", rotation.time);
  write_member(json, "file", rotation.file);
}

void write_log(JsonWriter& json, const StreamStatus& stream, const StatusReport& report) {
  write_member(json, "path", stream.path);
  write_member(json, "file", stream.file);
  write_member(json, "offset", stream.offset);
  write_member(json, "size", stream.size);
  write_member(json, "unread_bytes", stream.unread);
  write_member(json, "waiting_for_file", stream.waiting);
  write_member(json, "missing", stream.missing);
  write_member(json, "at_end", stream.at_end);
  write_member(json, "last_read", stream.last_read);
  write_member(json, "behind_since", behind_since(stream, report));
  write_member(json, "rotations", stream.rotations);
  write_list(json, "left", stream.left, write_left_file);
}

void write_loaded_rule(JsonWriter& json, const StatusReport::Rule& rule) {
  write_member(json, "id", rule.id);
  write_member(json, "name", rule.name);
  write_member(json, "level", rule.level);
  write_member(json, "alerts", rule.alerts);
}

void write_suppression(JsonWriter& json, const std::pair<const std::string, std::uint64_t>& each) {
  write_member(json, "name", each.first);
  write_member(json, "suppressed", each.second);
}

void write_sink_status(JsonWriter& json, const StatusReport::Sink& sink) {
  write_member(json, "name", sink.courier.sink);
  write_member(json, "alive", sink.courier.alive);
  write_member(json, "delivered", sink.courier.delivered);
  write_member(json, "pending", sink.pending);
  write_member(json, "pending_bytes", sink.pending_bytes);
  write_member(json, "oldest_pending", sink.oldest_pending);
  write_member(json, "failed_attempts", sink.courier.retries);
  write_member(json, "dead_letters", sink.courier.refused);
  write_member(json, "undurable_waiting", sink.courier.undurable_waiting);
  write_member(json, "undurable_dropped", sink.courier.undurable_dropped);
  write_member(json, "last_delivery", sink.courier.last_delivery);
  write_member(json, "last_error", sink.courier.last_error);
  write_member(json, "last_error_at", sink.courier.last_error_at);
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
  if (found == nullptr || found->kind != Value::Kind::array || found->size == 0) return;
  for (const Value& row : std::span(found->items, found->size)) {
    if (row.kind == Value::Kind::object) table.add(texts_of(row, keys));
  }
  fmt::print(to, "\n");
  table.print(to);
}

// The files that were left last, of all logs.
void print_rotations(const Value& root, std::FILE* to) {
  const Value* logs = root.find("logs");
  if (logs == nullptr || logs->kind != Value::Kind::array) return;
  Table table({"LEFT", "FILE"});
  bool is_empty = true;
  for (const Value& log : std::span(logs->items, logs->size)) {
    const Value* left = log.kind == Value::Kind::object ? log.find("left") : nullptr;
    if (left == nullptr || left->kind != Value::Kind::array) continue;
    for (const Value& row : std::span(left->items, left->size)) {
      if (row.kind != Value::Kind::object) continue;
      table.add(texts_of(row, {"time", "file"}));
      is_empty = false;
    }
  }
  if (is_empty) return;
  fmt::print(to, "\n");
  table.print(to);
}

// With its age: what failed last stays there for ever, however well the sink does since.
std::string last_error_of(const Value& sink, std::optional<WallTime> now) {
  std::string error = text_of(sink, "last_error");
  const std::optional<WallTime> then = parse_time(text_of(sink, "last_error_at"));
  return now && then ? format_seconds(*now - *then) + " ago: " + error : error;
}

void print_sinks(const Value& root, std::FILE* to) {
  Table table({"SINK", "ALIVE", "DELIVERED", "PENDING", "FAILED", "DEAD", "LAST ERROR"});
  const std::optional<WallTime> now = parse_time(text_of(root, "now"));
  const Value* sinks = root.find("sinks");
  if (sinks == nullptr || sinks->kind != Value::Kind::array || sinks->size == 0) return;
  for (const Value& sink : std::span(sinks->items, sinks->size)) {
    if (sink.kind != Value::Kind::object) continue;
    std::vector<std::string> row = texts_of(
        sink, {"name", "alive", "delivered", "pending", "failed_attempts", "dead_letters"});
    row.push_back(last_error_of(sink, now));
    table.add(std::move(row));
  }
  fmt::print(to, "\n");
  table.print(to);
}

}  // namespace

std::string to_json(const StatusReport& report) {
  return json_object([&](JsonWriter& json) {
           write_member(json, "version", std::string_view(NODEPORTD_VERSION));
           write_member(json, "cluster", report.cluster);
           write_member(json, "node", report.node);
           write_member(json, "epoch", report.epoch);
           write_member(json, "started", report.started);
           write_member(json, "now", report.now);
           write_member(json, "durable", report.ledger.durable);
           write_member(json, "paused", report.ledger.paused);
           write_member(json, "records", report.records);
           write_member(json, "bytes", report.bytes);
           write_member(json, "decoded", report.decoded);
           write_member(json, "matches", report.matches);
           write_member(json, "uninspectable", report.uninspectable);
           write_member(json, "suppressed", report.ledger.suppressed);
           write_member(json, "open_windows", report.ledger.open_windows);
           write_member(json, "watermark", report.ledger.watermark);
           write_member(json, "revisions", report.ledger.revisions);
           write_member(json, "commits", report.ledger.commits);
           write_member(json, "failed_commits", report.ledger.failed_commits);
           write_list(json, "troubles", report.troubles, write_trouble);
           write_list(json, "logs", report.streams, [&](JsonWriter&, const StreamStatus& stream) {
             write_log(json, stream, report);
           });
           write_member(json, "rules_loaded", report.rules_loaded);
           write_member(json, "reload_refused", report.reload_refused);
           write_member(json, "reload_problem", report.reload_problem);
           write_list(json, "rules", report.rules, write_loaded_rule);
           write_list(json, "exceptions", report.suppressed, write_suppression);
           write_list(json, "sinks", report.sinks, write_sink_status);
         }) +
         "\n";
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
  const Value* troubles = root.find("troubles");
  const bool is_well =
      troubles == nullptr || troubles->kind != Value::Kind::array || troubles->size == 0;
  std::string state = is_well ? "well" : "NOT WELL, see TROUBLE";
  if (!is_durable) state = "UNDURABLE: the state cannot be written";
  if (is_paused) {
    state = is_durable ? "PAUSED: no sink takes alerts"
                       : state + "; PAUSED: what waits in memory is full";
  }
  line("state", state);
  line("lines", text_of(root, "records") + " read, " + text_of(root, "decoded") + " decoded, " +
                    text_of(root, "matches") + " matches, " + text_of(root, "suppressed") +
                    " suppressed, " + text_of(root, "uninspectable") + " uninspectable");
  line("windows", text_of(root, "open_windows") + " open, watermark " + text_of(root, "watermark"));
  const std::string refused = text_of(root, "reload_refused");
  line("rules", "as of " + text_of(root, "rules_loaded") +
                    (refused.empty() || refused == "-"
                         ? ""
                         : "; REFUSED at " + refused + ": " + text_of(root, "reload_problem")));
  print_rows(root, "troubles", {"TROUBLE", "WHERE", "WHY"}, {"what", "where", "why"}, to);
  print_rows(root, "logs",
             {"LOG", "FILE", "OFFSET", "SIZE", "UNREAD", "LAST READ", "BEHIND SINCE", "WAITING",
              "ROTATIONS"},
             {"path", "file", "offset", "size", "unread_bytes", "last_read", "behind_since",
              "waiting_for_file", "rotations"},
             to);
  print_rotations(root, to);
  print_rows(root, "rules", {"RULE", "LEVEL", "ALERTS"}, {"name", "level", "alerts"}, to);
  print_rows(root, "exceptions", {"EXCEPTION", "SUPPRESSED"}, {"name", "suppressed"}, to);
  print_sinks(root, to);
  return {};
}

}  // namespace nodeportd
