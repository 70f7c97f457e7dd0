#include "base/yaml_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "base/units.hpp"

namespace nodeportd {

YamlMap::YamlMap(const YamlNode& node, std::string file, Problems& problems, std::string what)
    : node_(node), file_(std::move(file)), problems_(problems), what_(std::move(what)) {
  if (!node.is_map()) {
    complain_here(what_ + " must be a map, this is " + std::string(node.kind_name()));
  }
}

void YamlMap::complain(const YamlNode& at, std::string text) {
  problems_.push_back({place(at), std::move(text)});
}

void YamlMap::complain_here(std::string text) {
  complain(node_, std::move(text));
}

const YamlNode* YamlMap::node(std::string_view key) {
  known_.push_back(key);
  const YamlNode* found = node_.find(key);
  return found != nullptr && !found->is_null() ? found : nullptr;
}

const YamlNode* YamlMap::required(std::string_view key) {
  const YamlNode* found = node(key);
  if (found == nullptr && node_.is_map()) {
    complain_here(what_ + " needs '" + std::string(key) + "'");
  }
  return found;
}

const YamlNode* YamlMap::scalar(std::string_view key) {
  const YamlNode* found = node(key);
  if (found == nullptr || found->is_scalar()) return found;
  complain(*found, "'" + std::string(key) + "' must be a single value, this is " +
                       std::string(found->kind_name()));
  return nullptr;
}

std::optional<std::string> YamlMap::text(std::string_view key) {
  const YamlNode* found = scalar(key);
  if (found == nullptr) return std::nullopt;
  return found->scalar;
}

std::optional<std::string> YamlMap::required_text(std::string_view key) {
  if (required(key) == nullptr) return std::nullopt;
  std::optional<std::string> found = text(key);
  if (found && found->empty()) {
    complain(*node(key), "'" + std::string(key) + "' is empty");
    return std::nullopt;
  }
  return found;
}

std::optional<bool> YamlMap::flag(std::string_view key) {
  const YamlNode* found = scalar(key);
  if (found == nullptr) return std::nullopt;
  if (!found->quoted && found->scalar == "true") return true;
  if (!found->quoted && found->scalar == "false") return false;
  complain(*found,
           "'" + std::string(key) + "' must be true or false, this is '" + found->scalar + "'");
  return std::nullopt;
}

std::optional<std::int64_t> YamlMap::integer(std::string_view key, std::int64_t least,
                                             std::int64_t most) {
  const YamlNode* found = scalar(key);
  if (found == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const char* end = found->scalar.data() + found->scalar.size();
  const auto [stopped, error] = std::from_chars(found->scalar.data(), end, number);
  // `010` and `-0` too: only what has one reading is a number here.
  const bool plain = error == std::errc() && stopped == end && !found->quoted;
  if (!plain || std::to_string(number) != found->scalar) {
    complain(*found,
             "'" + std::string(key) + "' must be a whole number, this is '" + found->scalar + "'");
    return std::nullopt;
  }
  if (number < least || number > most) {
    complain(*found, "'" + std::string(key) + "' must lie between " + std::to_string(least) +
                         " and " + std::to_string(most) + ", this is " + found->scalar);
    return std::nullopt;
  }
  return number;
}

std::optional<std::chrono::milliseconds> YamlMap::duration(std::string_view key,
                                                           std::chrono::milliseconds least,
                                                           std::chrono::milliseconds most) {
  const YamlNode* found = scalar(key);
  if (found == nullptr) return std::nullopt;
  const auto length = parse_duration(found->scalar);
  if (!length) {
    complain(*found, "'" + std::string(key) + "' must be a duration such as 500ms, 30s, 10m or " +
                         "1h, this is '" + found->scalar + "'");
    return std::nullopt;
  }
  if (*length < least || *length > most) {
    std::string range = "at least " + format_duration(least);
    if (most != std::chrono::milliseconds::max()) range += " and at most " + format_duration(most);
    complain(*found, "'" + std::string(key) + "' must be " + range + ", this is " + found->scalar);
    return std::nullopt;
  }
  return length;
}

std::optional<std::uint64_t> YamlMap::size(std::string_view key, std::uint64_t least,
                                           std::uint64_t most) {
  const YamlNode* found = scalar(key);
  if (found == nullptr) return std::nullopt;
  const auto bytes = parse_size(found->scalar);
  if (!bytes) {
    complain(*found, "'" + std::string(key) + "' must be a size such as 256KiB, 16MiB or 1GiB, " +
                         "this is '" + found->scalar + "'");
    return std::nullopt;
  }
  if (*bytes < least || *bytes > most) {
    complain(*found, "'" + std::string(key) + "' must lie between " + std::to_string(least) +
                         " and " + std::to_string(most) + " bytes, this is " + found->scalar);
    return std::nullopt;
  }
  return bytes;
}

std::vector<std::string> YamlMap::texts(std::string_view key) {
  const YamlNode* found = node(key);
  std::vector<std::string> list;
  if (found == nullptr) return list;
  if (found->is_scalar()) return {found->scalar};
  if (!found->is_sequence()) {
    complain(*found, "'" + std::string(key) + "' must be a list of texts, this is " +
                         std::string(found->kind_name()));
    return list;
  }
  for (const YamlNode& item : found->items) {
    if (item.is_scalar()) {
      list.push_back(item.scalar);
    } else {
      complain(item, "'" + std::string(key) + "' must hold texts only, this is " +
                         std::string(item.kind_name()));
    }
  }
  return list;
}

std::optional<std::string> YamlMap::choice(std::string_view key,
                                           const std::vector<std::string_view>& choices) {
  const YamlNode* found = scalar(key);
  if (found == nullptr) return std::nullopt;
  if (std::find(choices.begin(), choices.end(), found->scalar) != choices.end()) {
    return found->scalar;
  }
  complain(*found, fmt::format("'{}' must be one of {}, this is '{}'", key,
                               fmt::join(choices, ", "), found->scalar));
  return std::nullopt;
}

void YamlMap::refuse_unknown_keys() {
  for (const YamlEntry& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    std::string hint = did_you_mean(entry.key, known_);
    if (hint.empty()) hint = ": " + listed_keys();
    problems_.push_back(
        {{file_, entry.line, entry.column}, what_ + " has no key '" + entry.key + "'" + hint});
  }
}

std::string YamlMap::listed_keys() const {
  std::vector<std::string_view> keys;
  for (const std::string_view key : known_) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  return keys.empty() ? "" : fmt::format("it has {}", fmt::join(keys, ", "));
}

}  // namespace nodeportd
