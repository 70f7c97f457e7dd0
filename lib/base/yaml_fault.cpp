#include "base/yaml_fault.hpp"

#include <yaml-cpp/exceptions.h>

#include <algorithm>
#include <array>
#include <utility>

namespace nodeportd {
namespace {

namespace msg = YAML::ErrorMsg;

constexpr std::string_view kBlank = " \t";
constexpr std::size_t kKeyMax = 64;  // a longer one is a text

bool has_tab_in_indentation(std::string_view line) {
  return line.substr(0, line.find_first_not_of(kBlank)).find('\t') != std::string_view::npos;
}

// `id:3`, which is no key but a text, so that the next key has nowhere to stand.
std::string_view key_without_space(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" -"), line.size()));
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon + 1 >= line.size()) return {};
  const std::string_view key = line.substr(0, colon);
  const bool is_key = !key.empty() && key.size() <= kKeyMax &&
                      key.find_first_of(" '\"[{") == std::string_view::npos;
  return is_key && line[colon + 1] != ' ' && line[colon + 1] != '/' ? key : std::string_view();
}

std::string_view words_for(std::string_view fault) {
  // Those of yaml-cpp's that people meet who write YAML by hand.
  static const auto kWords = std::to_array<std::pair<std::string_view, std::string_view>>({
      {msg::DOC_IN_SCALAR, "a quoted text that began above is not closed"},
      {msg::MAP_VALUE,
       "a key cannot stand here: is the indentation that of the lines above? A text that holds "
       "': ' needs quotes"},
      {msg::END_OF_MAP,
       "this belongs to no key: is the indentation that of the lines above? A text that begins "
       "with a quote or a bracket needs quotes all around"},
      {msg::END_OF_SEQ,
       "this belongs to no list: is the indentation that of the lines above? A text that begins "
       "with a quote or a bracket needs quotes all around"},
      {msg::END_OF_SEQ_FLOW, "a '[' that began above is not closed, or a ',' is missing"},
      {msg::END_OF_MAP_FLOW, "a '{' that began above is not closed, or a ',' or ': ' is missing"},
      {msg::FLOW_END, "a bracket that closes none: a text with brackets in it needs quotes"},
      {msg::BLOCK_ENTRY, "the '-' of a list begins a line of its own: a text with it needs quotes"},
      {msg::ALIAS_NOT_FOUND, "a text that begins with '*' needs quotes"},
      {msg::UNKNOWN_ANCHOR, "a text that begins with '*' needs quotes"},
      {msg::ANCHOR_NOT_FOUND, "a text that begins with '&' needs quotes"},
      {msg::UNKNOWN_TOKEN, "a text that begins with '@', '%' or '`' needs quotes"},
      {msg::CHAR_IN_BLOCK, "the text of a '|' or '>' begins on the next line"},
  });
  const auto found = std::find_if(kWords.begin(), kWords.end(),
                                  [&](const auto& each) { return each.first == fault; });
  return found == kWords.end() ? fault : found->second;
}

}  // namespace

std::string words_of_yaml_fault(const std::string& fault, std::string_view line,
                                std::string_view before, std::size_t column) {
  // Of a quoted text that is not closed the place is that of the document's end.
  if (fault != msg::DOC_IN_SCALAR && has_tab_in_indentation(line)) {
    return "a tab stands in the indentation: write spaces";
  }
  if (fault == msg::MAP_VALUE) {
    for (const std::string_view each : {line.substr(0, column), before}) {
      const std::string_view key = key_without_space(each);
      if (!key.empty()) return "a space is missing behind '" + std::string(key) + ":'";
    }
  }
  if (fault.starts_with(msg::INVALID_ESCAPE)) {
    return "'\\" + fault.substr(std::string_view(msg::INVALID_ESCAPE).size()) +
           "' is no escape: between double quotes write '\\\\', or take single quotes";
  }
  return std::string(words_for(fault));
}

}  // namespace nodeportd
