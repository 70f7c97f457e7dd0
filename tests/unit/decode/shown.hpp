#pragma once

#include <cstddef>
#include <string>

#include "model/event.hpp"

namespace nodeportd::test {

// Compact, unescaped: `{a=1,b=['x',null]}`. Recurses, so for shallow values.
inline std::string show(const Value& value) {
  const bool is_array = value.kind == Value::Kind::array;
  if (value.kind == Value::Kind::null) return "null";
  if (value.kind == Value::Kind::string) return '\'' + std::string(value.text) + '\'';
  if (!is_array && value.kind != Value::Kind::object) return std::string(value.text);
  std::string text;
  for (std::size_t i = 0; i < value.size; ++i) {
    if (i > 0) text += ',';
    if (!is_array) text += std::string(value.members[i].name) + '=';
    text += show(is_array ? value.items[i] : value.members[i].value);
  }
  return is_array ? '[' + text + ']' : '{' + text + '}';
}

}  // namespace nodeportd::test
