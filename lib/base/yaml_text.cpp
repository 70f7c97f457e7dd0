#include "base/yaml_text.hpp"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>

namespace nodeportd {
namespace {

// Plain, these would come back as something else, or not at all: yaml-cpp's own choice knows
// neither what parse_yaml() refuses (`010`) nor its nulls.
bool needs_quotes(const std::string& text) {
  constexpr std::string_view kHarmless = "_-./:@+%,*=() ";
  const auto is_harmless = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kHarmless.find(c) != std::string_view::npos;
  };
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_harmless)) return true;
  if (text == "null" || text == "Null" || text == "NULL" || text == "<<") return true;
  std::string_view digits = text;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  return digits.size() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
}

void emit(YAML::Emitter& out, const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      out << YAML::Null;
      return;
    case YamlNode::Kind::scalar:
      if (node.quoted || needs_quotes(node.scalar)) out << YAML::DoubleQuoted;
      out << node.scalar;
      return;
    case YamlNode::Kind::sequence:
      if (node.items.empty()) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const YamlNode& item : node.items) emit(out, item);
      out << YAML::EndSeq;
      return;
    case YamlNode::Kind::map:
      if (node.entries.empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const YamlEntry& entry : node.entries) {
        out << YAML::Key;
        if (needs_quotes(entry.key)) out << YAML::DoubleQuoted;
        out << entry.key << YAML::Value;
        emit(out, entry.value);
      }
      out << YAML::EndMap;
      return;
  }
}

}  // namespace

std::string to_yaml(const YamlNode& node) {
  YAML::Emitter out;
  emit(out, node);
  return std::string(out.c_str(), out.size()) + '\n';
}

}  // namespace nodeportd
