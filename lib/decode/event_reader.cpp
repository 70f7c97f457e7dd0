#include "decode/event_reader.hpp"

#include <mutex>

#include "decode/audit_versions.hpp"
#include "decode/carriers.hpp"
#include "decode/gke.hpp"
#include "decode/json_read.hpp"
#include "decode/otlp.hpp"
#include "decode/resync.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kEventArena = 16UL * 1024;
// A record of this size may be 65,000 values, which take 6 MB.
constexpr std::size_t kGiantBytes = 128UL * 1024;

bool begins_json(std::string_view text) {
  return text.starts_with('{') || text.starts_with('[');
}

}  // namespace

struct EventReader::Level {
  AuditDecoder decoder;
  std::array<std::byte, kEventArena> first{};
  std::pmr::monotonic_buffer_resource arena{first.data(), first.size()};
};

EventReader::EventReader() : current_(&level(0)) {}

EventReader::~EventReader() = default;

EventReader::Level& EventReader::level(std::size_t depth) {
  if (levels_[depth] == nullptr) levels_[depth] = std::make_unique<Level>();
  return *levels_[depth];
}

std::pmr::memory_resource& EventReader::arena() {
  return current_->arena;
}

void EventReader::release() {
  for (const auto& level : levels_) {
    if (level == nullptr) continue;
    level->decoder.release();
    level->arena.release();
  }
}

void EventReader::read(std::string_view record, Take take, Refuse refuse) {
  take_ = &take;
  refuse_ = &refuse;
  next_part_ = 0;
  if (record.size() <= kGiantBytes) return read_record(record);
  static std::mutex giants;  // of the process, as its memory is
  const std::lock_guard turn(giants);
  read_record(record);
  release();
}

void EventReader::read_record(std::string_view record) {
  const std::string_view text = trimmed(record);
  if (begins_json(text)) {
    read_values(text, 0);
  } else {
    salvage(text, is_legacy_line(text) ? Reject::legacy_format : Reject::not_json, 0);
  }
}

// Firehose and a lost newline put several objects side by side.
void EventReader::read_values(std::string_view text, std::size_t depth) {
  AuditDecoder& decoder = level(depth).decoder;
  decoder.open(text);
  for (bool first = true;; first = false) {
    const std::string_view rest = decoder.rest();
    if (rest.empty()) return;
    if (!first && !rest.starts_with('{')) return salvage(rest, Reject::not_json, depth);
    const auto value = decoder.next();
    if (!value) return salvage(rest, value.error(), depth);
    if ((*value)->kind == Value::Kind::array) {
      read_each(**value, [&](const Value& object) { read_object(object, depth); });
    } else {
      read_object(**value, depth);
    }
  }
}

void EventReader::salvage(std::string_view text, Reject reject, std::size_t depth) {
  const Salvage saved = resync(level(depth).decoder, text);
  if (saved.whole.empty()) return refuse(text, is_cut(text) ? Reject::cut : reject);
  refuse(saved.front, Reject::torn);
  read_values(saved.whole, depth);
}

void EventReader::read_object(const Value& object, std::size_t depth) {
  const auto read_message = [&](const Value& event) {
    read_content(event.find("message"), event, depth);
  };
  switch (depth < kWrappingsMax ? carrier_of(object) : Carrier::none) {
    case Carrier::none:
      return take(object, depth);
    case Carrier::event_list:
      // An item is an event whatever it looks like.
      return read_each(*object.find("items"), [&](const Value& item) { take(item, depth); });
    case Carrier::docker:
      // The other stream is klog's.
      if (string_in(&object, "stream") == "stderr") return;
      return read_content(object.find("log"), object, depth);
    case Carrier::cloudwatch:
      if (string_in(&object, "messageType") == "CONTROL_MESSAGE") return;
      return read_each(*object.find("logEvents"), read_message);
    case Carrier::cloudwatch_query:
      return read_each(*object.find("events"), read_message);
    case Carrier::cloudwatch_event:
      return read_message(object);
    case Carrier::cloudwatch_packed:
      return refuse(object.text, Reject::packed);
    case Carrier::gke:
      return take(object.text, depth, [&](auto& arena) { return gke_event(object, arena); });
    case Carrier::azure:
      return read_azure(object, depth);
    case Carrier::azure_batch:
      return read_each(*object.find("records"),
                       [&](const Value& record) { read_azure(record, depth); });
    case Carrier::otlp:
      return for_each_body(object, [&](const Value& body) { read_otlp(body, depth); });
  }
}

// Text that is no JSON is another log's: klog, an authenticator, an access log.
void EventReader::read_content(const Value* content, const Value& carrier, std::size_t depth) {
  if (is_object(content)) return read_object(*content, depth + 1);
  if (content == nullptr || content->kind != Value::Kind::string) {
    return refuse(carrier.text, Reject::not_an_object);
  }
  const std::string_view text = trimmed(content->text);
  if (text.starts_with('{')) return read_values(text, depth + 1);
  if (is_legacy_line(text)) refuse(text, Reject::legacy_format);
}

void EventReader::read_azure(const Value& record, std::size_t depth) {
  if (const Value* log = azure_audit_log(record)) read_content(log, record, depth);
}

void EventReader::read_otlp(const Value& body, std::size_t depth) {
  if (const Value* text = body.find("stringValue")) return read_content(text, body, depth);
  if (body.find("bytesValue") != nullptr) return refuse(body.text, Reject::packed);
  if (!is_object(body.find("kvlistValue"))) return;
  std::pmr::monotonic_buffer_resource& arena = level(depth).arena;
  arena.release();
  const Value object = otlp_value(body, arena);
  if (!is_object(&object)) return refuse(body.text, Reject::not_an_object);
  read_object(object, depth + 1);
}

// What is no object can be no event. That is told once per list.
template <typename Read>
void EventReader::read_each(const Value& list, const Read& read) {
  bool all_objects = true;
  for (std::size_t i = 0; i < list.size; ++i) {
    if (is_object(list.items + i)) {
      read(list.items[i]);
    } else {
      all_objects = false;
    }
  }
  if (!all_objects) refuse(list.text, Reject::not_an_object);
}

template <typename Make>
void EventReader::take(std::string_view raw, std::size_t depth, const Make& make) {
  current_ = &level(depth);
  current_->arena.release();
  const AuditEvent event{.root = make(current_->arena), .raw = raw};
  (*take_)(event, next_part_++);
}

void EventReader::take(const Value& event, std::size_t depth) {
  take(event.text, depth, [&](auto& arena) { return as_v1(event, arena); });
}

void EventReader::refuse(std::string_view text, Reject reject) {
  (*refuse_)(text, reject, next_part_++);
}

}  // namespace nodeportd
