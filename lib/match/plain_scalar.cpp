#include "match/plain_scalar.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace nodeportd {
namespace {

bool is_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 6> kWords = {"true",  "True",  "TRUE",
                                                      "false", "False", "FALSE"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

// What may stand for it in JSON too.
std::string_view without_plus(std::string_view number) {
  if (number.starts_with('+')) number.remove_prefix(1);
  return number;
}

void append_text(std::string_view text, std::string& json) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      json += "\\u00";
      json += kDigits[byte >> 4U];
      json += kDigits[byte & 0xFU];
      continue;
    }
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  json += '"';
}

void append_scalar(const YamlNode& node, std::string& json) {
  switch (plain_kind(node)) {
    case Plain::text:
      append_text(node.scalar, json);
      break;
    case Plain::number:
      json += without_plus(node.scalar);
      break;
    case Plain::boolean:
      json += node.scalar.front() == 't' || node.scalar.front() == 'T' ? "true" : "false";
      break;
  }
}

// The parser bounds the depth.
void append(const YamlNode& node, std::string& json) {
  const char* separator = "";
  switch (node.kind) {
    case YamlNode::Kind::null:
      json += "null";
      break;
    case YamlNode::Kind::scalar:
      append_scalar(node, json);
      break;
    case YamlNode::Kind::sequence:
      json += '[';
      for (const YamlNode& item : node.items) {
        json += std::exchange(separator, ",");
        append(item, json);
      }
      json += ']';
      break;
    case YamlNode::Kind::map:
      json += '{';
      for (const YamlEntry& entry : node.entries) {
        json += std::exchange(separator, ",");
        append_text(entry.key, json);
        json += ':';
        append(entry.value, json);
      }
      json += '}';
      break;
  }
}

}  // namespace

std::optional<Decimal> number_of(const YamlNode& value) {
  if (value.quoted) return std::nullopt;
  return Decimal::parse(without_plus(value.scalar));
}

Plain plain_kind(const YamlNode& value) {
  if (value.quoted) return Plain::text;
  if (is_boolean(value.scalar)) return Plain::boolean;
  return number_of(value) ? Plain::number : Plain::text;
}

bool is_ambiguous(const YamlNode& value) {
  if (value.quoted) return false;
  std::string_view text = value.scalar;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto is_made_of = [](std::string_view rest, std::string_view bytes) {
    return !rest.empty() && rest.find_first_not_of(bytes) == std::string_view::npos;
  };
  if (text.starts_with("0x")) return is_made_of(text.substr(2), "0123456789abcdefABCDEF");
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text.starts_with(".nan")) return true;
  const bool open = text.size() > 1 && (text.starts_with('.') || text.ends_with('.'));
  return open && is_made_of(text.substr(text.starts_with('.') ? 1 : 0), "0123456789.") &&
         std::count(text.begin(), text.end(), '.') == 1;
}

std::string ambiguity_of(const YamlNode& value) {
  return "'" + value.scalar +
         "' may be read as text or as a number: write it in quotes, or as a decimal";
}

std::string to_json(const YamlNode& node) {
  std::string json;
  append(node, json);
  return json;
}

void refuse_ambiguous(const YamlNode& node, const std::string& file, Problems& problems) {
  if (node.is_scalar() && is_ambiguous(node)) {
    problems.push_back({{file, node.line, node.column}, ambiguity_of(node)});
  }
  for (const YamlNode& item : node.items) refuse_ambiguous(item, file, problems);
  for (const YamlEntry& entry : node.entries) refuse_ambiguous(entry.value, file, problems);
}

}  // namespace nodeportd
