#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nodeportd {

struct Member;

// One JSON value of a decoded record. A view: text and children live in the decoder's arena or in
// the batch and are valid until the next record is decoded. Numbers keep their text, since a
// 30-digit number or `1e999` must compare as written. Nesting goes to 10,000 levels (what Go's
// decoder takes), so code that walks a whole event must not recurse.
struct Value {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::uint32_t size = 0;  // of an array or an object; a record has far fewer values
  // string: unescaped; number: as written; boolean: true, false; array, object: its JSON as it
  // came, or empty where it came in no such form
  std::string_view text;
  // One place for both, as a hostile line has hundreds of thousands of values.
  union {
    const Value* items = nullptr;  // array
    const Member* members;         // object: in file order, duplicates kept
  };

  [[nodiscard]] bool is_scalar() const {
    return kind == Kind::string || kind == Kind::number || kind == Kind::boolean;
  }
  // The value of the LAST member of this name, as Go's decoder and so the apiserver reads it;
  // nullptr when there is none or this is no object.
  [[nodiscard]] const Value* find(std::string_view name) const;
};

// A value without children.
[[nodiscard]] inline Value leaf(Value::Kind kind, std::string_view text) {
  Value value;
  value.kind = kind;
  value.text = text;
  return value;
}

struct Member {
  std::string_view name;
  Value value;
};

inline const Value* Value::find(std::string_view name) const {
  if (kind != Kind::object) return nullptr;
  for (std::uint32_t i = size; i > 0; --i) {
    if (members[i - 1].name == name) return &members[i - 1].value;
  }
  return nullptr;
}

// A decoded audit event.
struct AuditEvent {
  Value root;            // an object
  std::string_view raw;  // the record it was decoded from
};

}  // namespace nodeportd
