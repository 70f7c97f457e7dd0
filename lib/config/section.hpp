#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/yaml_map.hpp"
#include "config/config.hpp"

namespace nodeportd {

// What the files of this folder share: each reads its part of the config's tree. Not for others.

// Where the complaints of a section go.
struct Report {
  const std::string& file;
  Problems& problems;
};

// Puts what was read into its place; an absent field keeps its default.
template <typename To, typename From>
void set(To& to, std::optional<From> from) {
  if (!from) return;
  if constexpr (std::is_integral_v<To> && !std::is_same_v<To, From>) {
    to = static_cast<To>(*from);  // YamlMap::integer has checked the range
  } else {
    to = std::move(*from);
  }
}

// The same for a key that takes one of a few words.
template <typename Enum>
void set_choice(Enum& to, YamlMap& map, std::string_view key,
                std::initializer_list<std::pair<std::string_view, Enum>> choices) {
  std::vector<std::string_view> words;
  for (const auto& choice : choices) words.push_back(choice.first);
  const auto word = map.choice(key, words);
  for (const auto& choice : choices) {
    if (word == choice.first) to = choice.second;
  }
}

// A path that begins with `/`; anything else is a problem. What is relative would depend on the
// folder in which the service manager starts us.
[[nodiscard]] std::optional<std::string> absolute_path(YamlMap& map, std::string_view key);

// Complains where the node's value is not a list.
[[nodiscard]] bool is_list(const YamlNode& node, std::string_view key, const Report& report);

[[nodiscard]] std::vector<SourceConfig> read_sources(const YamlNode& list, const Report& report);
[[nodiscard]] std::vector<SinkConfig> read_sinks(const YamlNode& list, const Report& report);
[[nodiscard]] SyslogSinkConfig read_syslog(YamlMap& sink);
[[nodiscard]] WebhookSinkConfig read_webhook(YamlMap& sink, const Report& report);

}  // namespace nodeportd
