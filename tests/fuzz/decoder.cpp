// The decoder of records beside a full parse by RapidJSON: what that takes for an object is read
// the same, and what it refuses is read only where Go reads it too.
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "decode/audit_decoder.hpp"
#include "decode/tolerant_reader.hpp"
#include "fuzz/hold.hpp"
#include "fuzz/json_reference.hpp"

namespace nodeportd::fuzz {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// What Go reads and RapidJSON does not: half a surrogate pair, bytes that are not UTF-8, and a
// number that no double holds.
bool is_read_by_go(rapidjson::ParseErrorCode code) {
  return code == rapidjson::kParseErrorStringUnicodeSurrogateInvalid ||
         code == rapidjson::kParseErrorStringInvalidEncoding ||
         code == rapidjson::kParseErrorNumberTooBig;
}

// A list or an object keeps its JSON as it came, in the record.
void check_raw(const Value& value, std::string_view record) {
  const bool is_object = value.kind == Value::Kind::object;
  if (is_object || value.kind == Value::Kind::array) {
    const std::string_view marks = is_object ? "{}" : "[]";
    hold(value.text.size() >= 2 && value.text.front() == marks[0] && value.text.back() == marks[1],
         "the JSON of a value is whole");
  }
  if (is_object || value.kind == Value::Kind::array || value.kind == Value::Kind::number) {
    hold(value.text.data() >= record.data() &&
             value.text.data() + value.text.size() <= record.data() + record.size(),
         "what is kept as written is a view of the record");
  }
  for (std::size_t i = 0; i < value.size; ++i) {
    check_raw(is_object ? value.members[i].value : value.items[i], record);
  }
}

// By the reader that is asked last, which reads all that the first one does. nullopt unless the
// text is one object.
std::optional<std::string> read_tolerantly(std::string_view text) {
  static std::pmr::monotonic_buffer_resource arena;
  static TolerantReader reader(arena);
  reader.open(text);
  const auto value = reader.next();
  if (!value || !*value || !reader.rest().empty()) return std::nullopt;
  if ((*value)->kind != Value::Kind::object) return std::nullopt;
  return reading_of(**value);
}

void run(std::string_view record) {
  static AuditDecoder decoder;  // one for all, as a worker has: nothing is left of a record
  const auto event = decoder.decode(record);

  std::string_view text = record;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Reading reading;
  const rapidjson::ParseErrorCode code = read_strictly(text, reading);
  const bool is_json = code == rapidjson::kParseErrorNone;
  if (is_json) {
    hold(event.has_value() == reading.is_object(), "what RapidJSON takes for an object is read");
    if (!event) hold(event.error() == Reject::not_an_object, "no object is called what it is");
  } else if (event) {
    hold(is_read_by_go(code), "what is no JSON is refused");
  }
  const std::optional<std::string> tolerant = read_tolerantly(text);
  hold(tolerant.has_value() == event.has_value(), "both readers take the same for an object");
  if (!event) return;
  hold(tolerant == reading_of(event->root), "which of them read it nobody can tell");
  if (is_json) hold(reading_of(event->root) == reading.text(), "an object is read as it is");
  hold(event->raw == record, "an event keeps its record");
  check_raw(event->root, record);
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
