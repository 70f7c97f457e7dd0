#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"

namespace nodeportd {

struct YamlEntry;

// YAML as an operator wrote it, every node with its place. Strict where yaml-cpp 0.7 is silent:
// see parse_yaml(). A plain tree: copy it, keep it, it refers to nothing.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };

  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes or a block: text, whatever it looks like
  int line = 0;         // 1-based
  int column = 0;
  std::string scalar;
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  // in file order, keys distinct

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_sequence() const { return kind == Kind::sequence; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  // The value under `key`, or nullptr.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  // `a map`, `a list`, `text`, `nothing`: for messages.
  [[nodiscard]] std::string_view kind_name() const;
};

struct YamlEntry {
  std::string key;
  int line = 0;
  int column = 0;
  YamlNode value;
};

// Whether two trees say the same, wherever they stand.
[[nodiscard]] bool operator==(const YamlNode& a, const YamlNode& b);

// All documents of a text that hold something. What yaml-cpp would swallow is a problem here, with
// file:line:column: duplicate keys, `<<`, keys that are not scalars, tags, plain numbers that look
// octal (`010`), a quote that nobody closes, text that belongs to no document. So is what would
// take memory beyond measure: over 150,000 values, of which aliases repeat some, or as many
// brackets and commas, or nesting over 100 deep. After kProblemsMax problems the rest is not read.
// On a problem the tree may be incomplete.
[[nodiscard]] std::vector<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                               Problems& problems);

}  // namespace nodeportd
