#include "base/yaml_schema.hpp"

#include <string>

namespace nodeportd {
namespace {

// A chain of keys, or nullptr where one of them is not there.
const YamlNode* descend(const YamlNode* node, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (node == nullptr) return nullptr;
    node = node->find(key);
  }
  return node;
}

}  // namespace

YamlSchema YamlSchema::parse(std::string_view text) {
  YamlSchema schema;
  Problems problems;
  std::vector<YamlNode> documents = parse_yaml(text, "schema", problems);
  if (!documents.empty()) schema.root_ = std::move(documents.front());
  return schema;
}

// `#/definitions/NAME`, the only form in use. Definitions do not refer to each other in circles.
const YamlNode* YamlSchema::referred(const YamlNode& schema) const {
  constexpr std::string_view kDefinitions = "#/definitions/";
  const YamlNode* reference = schema.find("$ref");
  if (reference == nullptr || !reference->scalar.starts_with(kDefinitions)) return nullptr;
  const std::string_view name = std::string_view(reference->scalar).substr(kDefinitions.size());
  return descend(&root_, {"definitions", name});
}

const YamlNode* YamlSchema::find(const YamlNode& schema, std::string_view keyword) const {
  const YamlNode* found = schema.find(keyword);
  if (found != nullptr) return found;
  return descend(referred(schema), {keyword});
}

std::vector<std::string_view> YamlSchema::words(const YamlNode& schema) const {
  std::vector<std::string_view> words;
  if (const YamlNode* list = find(schema, "enum")) {
    for (const YamlNode& word : list->items) words.push_back(word.scalar);
  }
  if (const YamlNode* choices = find(schema, "anyOf")) {
    for (const YamlNode& choice : choices->items) {
      for (const std::string_view word : this->words(choice)) words.push_back(word);
    }
  }
  return words;
}

YamlSchema::Keys YamlSchema::keys(const YamlNode& schema, std::string_view type) const {
  Keys keys;
  // `key: true` admits what is described elsewhere, `key: false` forbids it.
  const auto add = [&](const YamlNode& described) {
    const YamlNode* properties = find(described, "properties");
    if (properties == nullptr) return;
    for (const YamlEntry& entry : properties->entries) {
      if (entry.value.is_map()) keys.emplace_back(entry.key, &entry.value);
    }
  };
  add(schema);
  if (const YamlNode* cases = find(schema, "allOf")) {
    for (const YamlNode& each : cases->items) {
      const YamlNode* of = descend(&each, {"if", "properties", "type", "const"});
      const YamlNode* then = each.find("then");
      if (of != nullptr && then != nullptr && of->scalar == type) add(*then);
    }
  }
  return keys;
}

}  // namespace nodeportd
