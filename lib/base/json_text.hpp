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

// JSON as sinks, verbs and the admin address write it. Text is a stranger's: what is not UTF-8 is
// replaced, and what a terminal acts on is escaped.

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

inline void write_key(JsonWriter& json, std::string_view key) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}
inline void write(JsonWriter& json, std::string_view text) {
  const std::string valid = valid_utf8(text);
  json.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}
inline void write(JsonWriter& json, const std::string& text) {
  write(json, std::string_view(text));
}
inline void write(JsonWriter& json, int number) {
  json.Int(number);
}
inline void write(JsonWriter& json, std::uint32_t number) {
  json.Uint(number);
}
inline void write(JsonWriter& json, std::uint64_t number) {
  json.Uint64(number);
}
inline void write(JsonWriter& json, bool flag) {
  json.Bool(flag);
}
inline void write(JsonWriter& json, WallTime time) {
  write(json, format_time(time));
}
template <typename T>
void write(JsonWriter& json, const std::optional<T>& value) {
  value ? write(json, *value) : static_cast<void>(json.Null());
}
inline void write(JsonWriter& json, const std::vector<std::string>& texts) {
  json.StartArray();
  for (const std::string& text : texts) write(json, text);
  json.EndArray();
}

template <typename T>
void write_member(JsonWriter& json, std::string_view key, const T& value) {
  write_key(json, key);
  write(json, value);
}

// An object of what a stranger named: its keys need care too.
template <typename T>
void write_map(JsonWriter& json, std::string_view key,
               const std::vector<std::pair<std::string, T>>& entries) {
  write_key(json, key);
  json.StartObject();
  for (const auto& [name, value] : entries) write_member(json, valid_utf8(name), value);
  json.EndObject();
}

// A value that is JSON already.
inline void write_json(JsonWriter& json, std::string_view key, std::string_view value) {
  write_key(json, key);
  json.RawValue(value.data(), value.size(), rapidjson::kObjectType);
}

// A list of objects; `members(json, item)` writes those of one.
template <typename Items, typename Members>
void write_list(JsonWriter& json, std::string_view key, const Items& items,
                const Members& members) {
  write_key(json, key);
  json.StartArray();
  for (const auto& item : items) {
    json.StartObject();
    members(json, item);
    json.EndObject();
  }
  json.EndArray();
}

// An object on one line, without the line's end; `members(json)` writes what is in it.
template <typename Members>
[[nodiscard]] std::string json_object(const Members& members) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  members(json);
  json.EndObject();
  return escape_hidden({buffer.GetString(), buffer.GetSize()});
}

}  // namespace nodeportd
