#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.hpp"

namespace nodeportd {

// Reads a map field by field and knows, at the end, which keys nobody asked for. Every complaint
// goes to `problems` with its place; a field that is wrong reads as absent, so that one pass
// reports everything.
class YamlMap {
 public:
  // `what` names the map in messages, as in "a sink". A node that is not a map is a problem.
  YamlMap(const YamlNode& node, std::string file, Problems& problems, std::string what);

  // The node under `key`, or nullptr; a key with no value reads as absent.
  const YamlNode* node(std::string_view key);
  // Complains when `key` is absent; nullptr then.
  const YamlNode* required(std::string_view key);

  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> required_text(std::string_view key);
  std::optional<bool> flag(std::string_view key);  // `true` or `false`, nothing else
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<std::chrono::milliseconds> duration(
      std::string_view key, std::chrono::milliseconds least = std::chrono::milliseconds(0),
      std::chrono::milliseconds most = std::chrono::milliseconds::max());
  std::optional<std::uint64_t> size(std::string_view key, std::uint64_t least = 0,
                                    std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  // A list of texts; one text reads as a list of one.
  std::vector<std::string> texts(std::string_view key);
  // One of `choices`; anything else is a problem that lists them.
  std::optional<std::string> choice(std::string_view key,
                                    const std::vector<std::string_view>& choices);

  void complain(const YamlNode& at, std::string text);
  void complain_here(std::string text);
  [[nodiscard]] Place place(const YamlNode& at) const { return {file_, at.line, at.column}; }

  // Call last: each key that was never asked for is a problem that names the nearest known one, or
  // all where none is near.
  void refuse_unknown_keys();

 private:
  const YamlNode* scalar(std::string_view key);
  [[nodiscard]] std::string listed_keys() const;

  const YamlNode& node_;
  std::string file_;
  Problems& problems_;
  std::string what_;
  std::vector<std::string_view> known_;
};

}  // namespace nodeportd
