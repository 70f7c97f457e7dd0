// The reader of carriers: an event is the same event whatever carries it, parts are counted without
// a gap, and no object vanishes.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <vector>

#include "decode/carriers.hpp"
#include "decode/event_reader.hpp"
#include "fuzz/hold.hpp"
#include "fuzz/json_reference.hpp"

namespace nodeportd::fuzz {
namespace {

using Parts = std::vector<std::string>;

// What is made of a record, part by part.
Parts read(EventReader& reader, std::string_view record) {
  Parts parts;
  const auto take = [&](const AuditEvent& event, std::uint32_t part) {
    hold(part == parts.size(), "parts are counted without a gap");
    hold(event.root.kind == Value::Kind::object, "an event is an object");
    parts.push_back("event " + reading_of(event.root));
  };
  const auto refuse = [&](std::string_view text, Reject reject, std::uint32_t part) {
    hold(part == parts.size(), "refusals are parts as well");
    parts.push_back(std::string(to_text(reject)) + ' ' + std::string(text));
  };
  reader.read(record, take, refuse);
  return parts;
}

std::string quoted(std::string_view text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

// The record in each carrier that hands on what it holds.
std::vector<std::string> carried(const std::string& event) {
  const std::string text = quoted(event);
  return {
      R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)" + event + "]}",
      R"({"log":)" + quoted(event + "\n") + R"(,"stream":"stdout","time":"2026-11-24T08:59:27Z"})",
      R"({"messageType":"DATA_MESSAGE","logEvents":[{"id":"3","message":)" + text + "}]}",
      R"({"events":[{"timestamp":1,"message":)" + text + "}]}",
      R"({"ingestionTime":1,"message":)" + text + '}',
      R"({"category":"kube-audit","properties":{"log":)" + text + "}}",
      R"({"records":[{"category":"kube-audit","properties":{"log":)" + text + "}}]}",
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":)" + text +
          "}}]}]}]}",
  };
}

// An object that is no carrier is one event; in a carrier it is the same.
void check_plain(EventReader& reader, const std::string& record, const Parts& parts) {
  Reading reading;
  if (read_strictly(record, reading) != rapidjson::kParseErrorNone || !reading.is_object()) return;
  static AuditDecoder decoder;
  const auto object = decoder.decode(record);
  hold(object.has_value(), "what RapidJSON takes for an object is read");
  if (carrier_of(object->root) != Carrier::none) return;
  hold(parts.size() == 1 && parts[0].starts_with("event "), "an object is one event");
  hold(read(reader, record + record) == Parts{parts[0], parts[0]}, "two objects are two events");
  for (const std::string& carrier : carried(record)) {
    hold(read(reader, carrier) == parts, "an event is the same in a carrier");
  }
}

void run(const std::string& record) {
  // One for all inputs, as a worker has. The other has read none of the carriers.
  static EventReader reader;
  static EventReader other;
  const Parts parts = read(reader, record);
  check_plain(reader, record, parts);
  hold(read(other, record) == parts, "nothing is left of the records before");
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
