#include "decode/carriers.hpp"

#include <array>
#include <cstddef>

#include "decode/json_read.hpp"

namespace nodeportd {
namespace {

// Where a legacy line's first key stands: behind a time stamp of at most 35 characters.
constexpr std::size_t kLegacyFront = 64;

bool is_string(const Value* value) {
  return value != nullptr && value->kind == Value::Kind::string;
}

bool is_number(const Value* value) {
  return value != nullptr && value->kind == Value::Kind::number;
}

bool is_text_or_object(const Value* value) {
  return is_string(value) || is_object(value);
}

bool speaks_of_audit(const Value& object) {
  return string_in(&object, "apiVersion").starts_with("audit.k8s.io/");
}

// An item of a list has neither kind nor apiVersion; no carrier has an auditID.
bool is_audit_event(const Value& object) {
  if (string_in(&object, "kind") == "Event" && speaks_of_audit(object)) return true;
  return object.find("auditID") != nullptr;
}

const Value* first_item(const Value* list) {
  return is_list(list) && list->size > 0 ? list->items : nullptr;
}

// Cloud Logging has entries of all of Google's services.
bool is_kubernetes_entry(const Value& entry) {
  const Value* payload = entry.find("protoPayload");
  if (!is_object(payload)) return false;
  const std::string_view service = string_in(payload, "serviceName");
  return service == "k8s.io" || service.ends_with(".k8s.io") ||
         string_in(entry.find("resource"), "type") == "k8s_cluster" ||
         string_in(payload, "methodName").starts_with("io.k8s.");
}

// Event Hubs and storage accounts write `category`, a query of Log Analytics `Category`.
std::string_view azure_category(const Value& record) {
  const std::string_view category = string_in(&record, "category");
  return category.empty() ? string_in(&record, "Category") : category;
}

// `properties` are an object; some exports leave them the text of one.
const Value* azure_log(const Value& record) {
  const Value* properties = record.find("properties");
  if (is_string(properties)) return properties;
  const Value* log = member(properties, "log");
  return log != nullptr ? log : record.find("log_s");
}

Carrier of_cloudwatch(const Value& object) {
  if (is_string(object.find("messageType")) && is_list(object.find("logEvents"))) {
    return Carrier::cloudwatch;
  }
  const Value* event = first_item(object.find("events"));
  if (is_string(member(event, "message")) && is_number(member(event, "timestamp"))) {
    return Carrier::cloudwatch_query;
  }
  if (is_string(object.find("message")) && is_number(object.find("ingestionTime"))) {
    return Carrier::cloudwatch_event;
  }
  const Value* packed = object.find("awslogs");
  return is_string(member(packed, "data")) ? Carrier::cloudwatch_packed : Carrier::none;
}

Carrier of_azure(const Value& object) {
  if (!azure_category(object).empty() && is_text_or_object(azure_log(object))) {
    return Carrier::azure;
  }
  const Value* record = first_item(object.find("records"));
  const bool is_batch = is_object(record) && !azure_category(*record).empty() &&
                        is_text_or_object(record->find("properties"));
  return is_batch ? Carrier::azure_batch : Carrier::none;
}

}  // namespace

Carrier carrier_of(const Value& object) {
  if (is_audit_event(object)) return Carrier::none;
  if (speaks_of_audit(object) && string_in(&object, "kind") == "EventList") {
    return is_list(object.find("items")) ? Carrier::event_list : Carrier::none;
  }
  if (is_text_or_object(object.find("log")) && is_string(object.find("stream"))) {
    return Carrier::docker;
  }
  if (is_list(object.find("resourceLogs"))) return Carrier::otlp;
  if (is_kubernetes_entry(object)) return Carrier::gke;
  const Carrier azure = of_azure(object);
  return azure != Carrier::none ? azure : of_cloudwatch(object);
}

const Value* azure_audit_log(const Value& record) {
  static constexpr std::array<std::string_view, 2> kCategories = {"kube-audit", "kube-audit-admin"};
  const std::string_view category = azure_category(record);
  const bool is_audit = category == kCategories[0] || category == kCategories[1];
  return is_audit ? azure_log(record) : nullptr;
}

bool must_read(std::string_view record) {
  if (record.starts_with(R"({"kind")")) return false;
  const std::string_view text = trimmed(record);
  if (!text.starts_with('{')) return is_legacy_line(text);
  const std::string_view first = trimmed(text.substr(1));
  if (first.starts_with(R"("awslogs")")) return true;
  return first.starts_with(R"("resourceLogs")") &&
         text.find(R"("bytesValue")") != std::string_view::npos;
}

bool is_legacy_line(std::string_view text) {
  return text.substr(0, kLegacyFront).find(R"( AUDIT: id=")") != std::string_view::npos;
}

bool is_cut(std::string_view text) {
  return trimmed(text).ends_with("[Truncated...]");
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  const std::size_t start = text.find_first_not_of(kWhiteSpace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kWhiteSpace) + 1 - start);
}

}  // namespace nodeportd
