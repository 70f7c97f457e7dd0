#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/event.hpp"

namespace nodeportd {

// Short questions to a decoded value; nullptr stands for what is not there.

inline const Value* member(const Value* object, std::string_view name) {
  return object == nullptr ? nullptr : object->find(name);
}

inline bool is_object(const Value* value) {
  return value != nullptr && value->kind == Value::Kind::object;
}

inline bool is_list(const Value* value) {
  return value != nullptr && value->kind == Value::Kind::array;
}

// The text of a string; empty for anything else.
inline std::string_view string_in(const Value* object, std::string_view name) {
  const Value* found = member(object, name);
  return found != nullptr && found->kind == Value::Kind::string ? found->text : std::string_view();
}

// A number, or text that is one, if it is whole and from 0 to `most`: `403`, `4.03e2`, `"403"`.
inline std::optional<std::uint32_t> whole_number(const Value* value, std::uint32_t most) {
  if (value == nullptr) return std::nullopt;
  if (value->kind != Value::Kind::number && value->kind != Value::Kind::string) return std::nullopt;
  double number = 0;
  const char* begin = value->text.data();
  const char* end = begin + value->text.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || stop != end || std::trunc(number) != number) return std::nullopt;
  if (number < 0 || number > static_cast<double>(most)) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

}  // namespace nodeportd
