#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/yaml.hpp"

namespace nodeportd {

// What a JSON schema, read as YAML, says of the keys of a file. It looks keywords up and judges
// nothing: that is for editors, and for the loaders.
class YamlSchema {
 public:
  // The document of a schema, or an empty schema where the text is none.
  static YamlSchema parse(std::string_view text);

  [[nodiscard]] const YamlNode& root() const { return root_; }
  // What stands under `keyword` at a schema, or where its `$ref` leads; nullptr when nothing does.
  [[nodiscard]] const YamlNode* find(const YamlNode& schema, std::string_view keyword) const;
  // The words of `enum`, of one of its `anyOf` too.
  [[nodiscard]] std::vector<std::string_view> words(const YamlNode& schema) const;

  // The keys that a map may have, in the order of the schema, each with what describes it; those
  // that depend on `type` for the one that is given.
  using Keys = std::vector<std::pair<std::string_view, const YamlNode*>>;
  [[nodiscard]] Keys keys(const YamlNode& schema, std::string_view type) const;

 private:
  [[nodiscard]] const YamlNode* referred(const YamlNode& schema) const;

  YamlNode root_;
};

}  // namespace nodeportd
