#include "decode/otlp.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

#include "decode/json_read.hpp"
#include "decode/object_builder.hpp"

namespace nodeportd {
namespace {

// A value that is still to be made, and where to.
struct Pending {
  const Value* any;
  Value* made;
};

// A 64-bit integer comes as text, which keeps all its digits.
Value number_of(const Value& written) {
  if (!written.is_scalar()) return {};
  Value value = written;
  value.kind = Value::Kind::number;
  return value;
}

const Value* entries(const Value* container) {
  const Value* values = member(container, "values");
  return is_list(values) ? values : nullptr;
}

// Makes `next.made`, but for what is in it: that is appended to `pending`.
void make(const Pending& next, std::vector<Pending>& pending, std::pmr::memory_resource& arena) {
  const Value& any = *next.any;
  Value& made = *next.made;
  for (const std::string_view plain : {"stringValue", "boolValue", "bytesValue"}) {
    if (const Value* value = any.find(plain)) made = *value;
  }
  for (const std::string_view number : {"intValue", "doubleValue"}) {
    if (const Value* value = any.find(number)) made = number_of(*value);
  }
  if (const Value* items = entries(any.find("arrayValue"))) {
    auto* first = make_in<Value>(arena, items->size);
    made.kind = Value::Kind::array;
    made.items = first;
    made.size = items->size;
    for (std::size_t i = 0; i < items->size; ++i) pending.push_back({items->items + i, first + i});
  }
  const Value* kvlist = any.find("kvlistValue");
  if (const Value* pairs = entries(kvlist)) {
    auto* first = make_in<Member>(arena, pairs->size);
    made.kind = Value::Kind::object;
    made.members = first;
    made.size = pairs->size;
    for (std::size_t i = 0; i < pairs->size; ++i) {
      first[i].name = string_in(pairs->items + i, "key");
      const Value* value = pairs->items[i].find("value");
      if (value != nullptr) pending.push_back({value, &first[i].value});
    }
  } else if (is_object(kvlist) && kvlist->find("values") == nullptr) {
    made = {};
    made.kind = Value::Kind::object;  // Protobuf's JSON leaves an empty list out
  }
}

}  // namespace

Value otlp_value(const Value& any, std::pmr::memory_resource& arena) {
  Value root;
  // A client decides how deep this goes, so nothing here recurses.
  std::vector<Pending> pending = {{&any, &root}};
  while (!pending.empty()) {
    const Pending next = pending.back();
    pending.pop_back();
    make(next, pending, arena);
  }
  root.text = any.text;
  return root;
}

}  // namespace nodeportd
