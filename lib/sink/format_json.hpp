#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/time_text.hpp"

namespace nodeportd {

// How an alert's values become JSON. Text is a stranger's: what is not UTF-8 is replaced.

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

inline void write_key(Writer& json, std::string_view key) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}
inline void write(Writer& json, std::string_view text) {
  const std::string valid = valid_utf8(text);
  json.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}
inline void write(Writer& json, const std::string& text) {
  write(json, std::string_view(text));
}
inline void write(Writer& json, int number) {
  json.Int(number);
}
inline void write(Writer& json, std::uint32_t number) {
  json.Uint(number);
}
inline void write(Writer& json, std::uint64_t number) {
  json.Uint64(number);
}
inline void write(Writer& json, bool flag) {
  json.Bool(flag);
}
inline void write(Writer& json, WallTime time) {
  write(json, format_time(time));
}
template <typename T>
void write(Writer& json, const std::optional<T>& value) {
  value ? write(json, *value) : static_cast<void>(json.Null());
}
inline void write(Writer& json, const std::vector<std::string>& texts) {
  json.StartArray();
  for (const std::string& text : texts) write(json, text);
  json.EndArray();
}

template <typename T>
void write_member(Writer& json, std::string_view key, const T& value) {
  write_key(json, key);
  write(json, value);
}

// An object of what a stranger named: its keys need care too.
template <typename T>
void write_map(Writer& json, std::string_view key,
               const std::vector<std::pair<std::string, T>>& entries) {
  write_key(json, key);
  json.StartObject();
  for (const auto& [name, value] : entries) write_member(json, valid_utf8(name), value);
  json.EndObject();
}

}  // namespace nodeportd
