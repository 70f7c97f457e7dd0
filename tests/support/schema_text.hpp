#pragma once

#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "base/yaml_schema.hpp"
#include "base/yaml_text.hpp"
#include "support/temp_dir.hpp"

namespace nodeportd::test {

// A place in a file where a schema's key may stand, and how a file looks that has the key there.
struct SchemaPlace {
  std::string name;
  YamlSchema::Keys keys;
  std::string before;  // the file up to the key, without which it is complete
  std::string after;

  [[nodiscard]] std::string with(std::string_view key, const std::string& value) const {
    return before + std::string(key) + ": " + value + after;
  }
};

// A value of a schema (a default, an example) on one line.
inline std::string in_one_line(const YamlNode& value) {
  std::string text;
  if (value.is_map()) {
    for (const YamlEntry& entry : value.entries) {
      text += (text.empty() ? "" : ", ") + entry.key + ": " + in_one_line(entry.value);
    }
    return "{" + text + "}";
  }
  if (value.is_sequence()) {
    for (const YamlNode& item : value.items) {
      text += (text.empty() ? "" : ", ") + in_one_line(item);
    }
    return "[" + text + "]";
  }
  text = to_yaml(value);
  return text.substr(0, text.size() - 1);
}

// Whether the schema's `pattern`, `minimum` and `maximum` let the value pass that a plain YAML
// scalar has.
inline bool schema_takes(const YamlSchema& schema, const YamlNode& described,
                         const std::string& value) {
  const bool is_number =
      !value.empty() && value.size() < 18 &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  const YamlNode* least = schema.find(described, "minimum");
  const YamlNode* most = schema.find(described, "maximum");
  if (is_number && (least != nullptr || most != nullptr)) {
    const bool is_low = least != nullptr && std::stoll(value) < std::stoll(least->scalar);
    const bool is_high = most != nullptr && std::stoll(value) > std::stoll(most->scalar);
    return !is_low && !is_high;
  }
  const YamlNode* pattern = schema.find(described, "pattern");
  return pattern == nullptr || std::regex_search(value, std::regex(pattern->scalar));
}

// What stands in a complaint after `beginning`, up to the end of its line, split at `, `.
inline std::set<std::string> listed_after(const std::string& complaints,
                                          const std::string& beginning, char end) {
  std::set<std::string> words;
  const std::size_t at = complaints.find(beginning);
  if (at == std::string::npos) return words;
  std::string list = complaints.substr(at + beginning.size());
  list = list.substr(0, list.find(end));
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t comma = std::min(list.find(", ", begin), list.size());
    words.insert(list.substr(begin, comma - begin));
    begin = comma + 2;
  }
  return words;
}

}  // namespace nodeportd::test
