#include "config/defaults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/yaml_text.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kWidth = 100;

std::string text_of(const YamlNode* node) {
  return node == nullptr ? "" : node->scalar;
}

std::string indented(std::size_t depth) {
  return std::string(2 * depth, ' ');
}

// `text` in comment lines that fit.
std::string comment(std::string_view text, std::size_t depth) {
  std::string lines;
  std::string line;
  const auto end_line = [&] {
    if (!line.empty()) lines += indented(depth) + '#' + line + '\n';
    line.clear();
  };
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (2 * depth + 1 + line.size() + 1 + word.size() > kWidth) end_line();
    line += ' ' + std::string(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  end_line();
  return lines;
}

// Each line behind a `#` of its own.
std::string switched_off(std::string_view text, std::size_t depth) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n') + 1;
    lines += indented(depth) + "# " + std::string(text.substr(2 * depth, end - 2 * depth));
    text.remove_prefix(end);
  }
  return lines;
}

// Such as `size, 64KiB to 4MiB`: what a value looks like.
std::string form_of(const YamlSchema& schema, const YamlNode& described) {
  std::string written = text_of(schema.find(described, "x-form"));
  if (!written.empty()) return written;
  std::string form = fmt::format("{}", fmt::join(schema.words(described), " | "));
  if (const YamlNode* least = schema.find(described, "minimum");
      least != nullptr && described.find("minimum") == least) {
    return least->scalar + " to " + text_of(schema.find(described, "maximum"));
  }
  if (const YamlNode* range = schema.find(described, "x-range")) {
    const YamlNode& most = range->items.back();
    const std::string least = range->items.front().scalar;
    return most.is_null() ? "from " + least : least + " to " + most.scalar;
  }
  return form;
}

class Writer {
 public:
  explicit Writer(const YamlSchema& schema) : schema_(schema) {}

  void write_keys(const YamlSchema::Keys& keys, std::size_t depth) {
    for (const auto& [key, described] : keys) write_key(key, *described, depth);
  }

  std::string take() { return std::move(text_); }

 private:
  void write_key(std::string_view key, const YamlNode& described, std::size_t depth) {
    if (depth == 0) text_ += '\n';
    text_ += comment(about(described), depth);
    const std::string name = indented(depth) + std::string(key) + ':';
    const YamlNode* items = schema_.find(described, "items");
    const bool is_list_of_maps = items != nullptr && schema_.find(*items, "properties") != nullptr;
    if (is_list_of_maps) {
      write_list(name + '\n', *items, schema_.find(described, "minItems") != nullptr, depth);
    } else if (schema_.find(described, "properties") != nullptr) {
      text_ += name + '\n';
      write_keys(schema_.keys(described, ""), depth + 1);
    } else if (const YamlNode* value = schema_.find(described, "default")) {
      text_ += name + value_text(*value, depth);
    } else if (const YamlNode* examples = schema_.find(described, "examples")) {
      const std::string line = name + value_text(examples->items.front(), depth);
      const bool is_free = schema_.find(described, "x-unset") != nullptr;
      text_ += is_free ? switched_off(line, depth) : line;
    }
  }

  // An item, or one of each type. The first is live if there must be one.
  void write_list(const std::string& name, const YamlNode& item, bool is_needed,
                  std::size_t depth) {
    text_ += is_needed ? name : switched_off(name, depth);
    const YamlSchema::Keys common = schema_.keys(item, "");
    const auto type = std::find_if(common.begin(), common.end(),
                                   [](const auto& key) { return key.first == "type"; });
    if (type == common.end()) {
      write_item(common, is_needed, depth);
      return;
    }
    const std::vector<std::string_view> types = schema_.words(*type->second);
    for (const std::string_view each : types) {
      const bool is_first = each == types.front();
      write_typed(schema_.keys(item, each), each, is_first ? 0 : common.size(),
                  is_needed && is_first, depth);
    }
  }

  void write_item(const YamlSchema::Keys& keys, bool is_live, std::size_t depth) {
    Writer of_item(schema_);
    of_item.write_keys(keys, depth + 2);
    const std::string block = with_dash(of_item.take(), depth);
    text_ += is_live ? block : switched_off(block, depth + 1);
  }

  // Of later types only what is their own: the first `skipped` keys are known by then.
  void write_typed(const YamlSchema::Keys& keys, std::string_view type, std::size_t skipped,
                   bool is_live, std::size_t depth) {
    Writer of_item(schema_);
    const std::string name = is_live ? "alerts" : std::string(type);
    of_item.text_ = indented(depth + 2) + "name: " + name + '\n' + indented(depth + 2) +
                    "type: " + std::string(type) + '\n';
    for (std::size_t i = skipped; i < keys.size(); ++i) {
      const auto& [key, described] = keys[i];
      if (key != "name" && key != "type") of_item.write_key(key, *described, depth + 2);
    }
    const std::string block = with_dash(std::move(of_item.text_), depth);
    text_ += is_live ? block : switched_off(block, depth + 1);
  }

  static std::string with_dash(std::string block, std::size_t depth) {
    std::size_t at = 2 * (depth + 1);
    const std::size_t indent = 2 * (depth + 2);
    for (std::size_t line = 0; line < block.size(); line = block.find('\n', line) + 1) {
      if (block[line + indent] == '#') continue;
      at = line + indent - 2;
      break;
    }
    block[at] = '-';
    return block;
  }

  // What it means [what a value looks like; what holds without it].
  [[nodiscard]] std::string about(const YamlNode& described) const {
    std::string text = text_of(schema_.find(described, "description"));
    std::string form = form_of(schema_, described);
    const std::string unset = text_of(schema_.find(described, "x-unset"));
    if (!unset.empty()) form += (form.empty() ? "without it: " : "; without it: ") + unset;
    const bool is_section = text.ends_with('.');
    if (form.empty() || is_section) return text;
    return text + (text.empty() ? "[" : " [") + form + ']';
  }

  // A list on one line, a map in lines of its own.
  static std::string value_text(const YamlNode& value, std::size_t depth) {
    if (value.is_sequence()) {
      std::vector<std::string> list;
      for (const YamlNode& item : value.items) list.push_back(scalar_text(item));
      return fmt::format(" [{}]\n", fmt::join(list, ", "));
    }
    if (!value.is_map()) return ' ' + scalar_text(value) + '\n';
    std::string lines = "\n";
    for (const YamlEntry& entry : value.entries) {
      lines += indented(depth + 1) + entry.key + ": " + scalar_text(entry.value) + '\n';
    }
    return lines;
  }

  // Without the quotes that JSON needs.
  static std::string scalar_text(YamlNode value) {
    value.quoted = false;
    std::string text = to_yaml(value);
    text.pop_back();
    return text;
  }

  const YamlSchema& schema_;
  std::string text_;
};

}  // namespace

std::string commented_defaults(const YamlSchema& schema) {
  Writer writer(schema);
  writer.write_keys(schema.keys(schema.root(), ""), 0);
  return writer.take();
}

}  // namespace nodeportd
