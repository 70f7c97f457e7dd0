#include "config/effective.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/http_url.hpp"

namespace nodeportd {
namespace {

constexpr std::string_view kMask = "********";

YamlNode text_node(std::string text) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.scalar = std::move(text);
  return node;
}

YamlNode empty_map() {
  YamlNode node;
  node.kind = YamlNode::Kind::map;
  return node;
}

// Many receivers take their secret in the path or the query.
std::string masked_url(const std::string& text) {
  const Result<HttpUrl> url = parse_http_url(text);
  if (!url) return std::string(kMask);
  if (url->target == "/") return text;
  const std::string_view scheme = url->scheme == HttpUrl::Scheme::http ? "http://" : "https://";
  return std::string(scheme) + url->authority + '/' + std::string(kMask);
}

// `$` as a config writes it, or it would begin a variable there.
void escape_variables(YamlNode& node) {
  for (std::size_t at = 0; (at = node.scalar.find('$', at)) != std::string::npos; at += 2) {
    node.scalar.insert(at, 1, '$');
  }
  for (YamlNode& item : node.items) escape_variables(item);
  for (YamlEntry& entry : node.entries) escape_variables(entry.value);
}

// Walks schema, values and the text as it was written side by side.
class Completion {
 public:
  explicit Completion(const YamlSchema& schema) : schema_(schema) {}

  YamlNode complete(const YamlNode& described, const YamlNode& value, const YamlNode* written) {
    if (value.is_map()) return complete_map(described, value, written);
    if (value.is_sequence()) return complete_list(described, value, written);
    const YamlNode* secret = schema_.find(described, "x-secret");
    if (secret == nullptr) return value;
    const bool is_as_written = written != nullptr && *written == value;
    YamlNode shown = value;
    shown.scalar = secret->scalar == "url" && is_as_written ? masked_url(value.scalar) : kMask;
    if (shown.scalar != value.scalar) ++masked_;
    return shown;
  }

  [[nodiscard]] std::size_t masked() const { return masked_; }

 private:
  YamlNode complete_map(const YamlNode& described, const YamlNode& value, const YamlNode* written) {
    const YamlNode* type = value.find("type");
    const auto keys = schema_.keys(described, type == nullptr ? "" : type->scalar);
    if (keys.empty()) return complete_free_map(described, value, written);
    YamlNode result = empty_map();
    for (const auto& [key, of_key] : keys) {
      const YamlNode* given = value.find(key);
      const YamlNode* as_written = written == nullptr ? nullptr : written->find(key);
      const YamlNode* fallback = schema_.find(*of_key, "default");
      if (given != nullptr && !given->is_null()) {
        add(result, key, complete(*of_key, *given, as_written));
      } else if (fallback != nullptr) {
        add(result, key, plain(*fallback));
      } else if (schema_.find(*of_key, "properties") != nullptr) {
        add(result, key, complete_map(*of_key, empty_map(), nullptr));
      }
    }
    // Only where the config's loader leaves keys to others: in exceptions.
    for (const YamlEntry& entry : value.entries) {
      const bool is_shown = std::any_of(keys.begin(), keys.end(),
                                        [&](const auto& key) { return key.first == entry.key; });
      if (!is_shown) result.entries.push_back(entry);
    }
    return result;
  }

  // Of names that the operator chooses.
  YamlNode complete_free_map(const YamlNode& described, const YamlNode& value,
                             const YamlNode* written) {
    const YamlNode* of_each = schema_.find(described, "additionalProperties");
    if (of_each == nullptr || !of_each->is_map()) return value;
    YamlNode result = value;
    for (YamlEntry& entry : result.entries) {
      const YamlNode* as_written = written == nullptr ? nullptr : written->find(entry.key);
      entry.value = complete(*of_each, entry.value, as_written);
    }
    return result;
  }

  YamlNode complete_list(const YamlNode& described, const YamlNode& value,
                         const YamlNode* written) {
    const YamlNode* of_each = schema_.find(described, "items");
    if (of_each == nullptr) return value;
    YamlNode result = value;
    for (std::size_t i = 0; i < result.items.size(); ++i) {
      const bool has = written != nullptr && i < written->items.size();
      result.items[i] = complete(*of_each, result.items[i], has ? &written->items[i] : nullptr);
    }
    return result;
  }

  static void add(YamlNode& map, std::string_view key, YamlNode value) {
    map.entries.push_back({std::string(key), 0, 0, std::move(value)});
  }

  // JSON has its texts in quotes; here they stand as one would write them.
  static YamlNode plain(YamlNode node) {
    node.quoted = false;
    for (YamlNode& item : node.items) item = plain(std::move(item));
    return node;
  }

  const YamlSchema& schema_;
  std::size_t masked_ = 0;
};

// The map's value under `key`, made if it is not there.
YamlNode& at(YamlNode& map, std::string_view key) {
  const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key == key; });
  if (found != map.entries.end()) return found->value;
  map.entries.push_back({std::string(key), 0, 0, {}});
  return map.entries.back().value;
}

void put(YamlNode& map, std::string_view key, std::string text) {
  if (map.is_null()) map = empty_map();
  at(map, key) = text_node(std::move(text));
}

// The defaults that are no fixed value, as the loader chose them.
void put_chosen(YamlNode& top, const Config& config) {
  put(top, "node", config.node);
  YamlNode& rules = at(top, "rules");
  rules = {};
  rules.kind = YamlNode::Kind::sequence;
  for (const std::string& path : config.rules) rules.items.push_back(text_node(path));
  put(at(top, "pipeline"), "batches", std::to_string(config.pipeline.batches));
  put(at(top, "aggregate"), "max_bytes", std::to_string(config.aggregate.max_bytes));
  std::vector<YamlNode>& sinks = at(top, "sinks").items;
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    const auto* syslog = std::get_if<SyslogSinkConfig>(&config.sinks[i].target);
    if (syslog == nullptr) continue;
    const bool is_new = syslog->format == SyslogSinkConfig::Format::rfc5424;
    put(sinks[i], "format", is_new ? "rfc5424" : "rfc3164");
    const bool is_local = syslog->transport == SyslogSinkConfig::Transport::local;
    if (is_local) put(sinks[i], "address", syslog->path);
  }
}

}  // namespace

EffectiveConfig effective_config(const LoadedConfig& loaded, const YamlSchema& schema) {
  YamlNode chosen = loaded.expanded;
  put_chosen(chosen, loaded.config);
  Completion completion(schema);
  EffectiveConfig effective;
  effective.config = completion.complete(schema.root(), chosen, &loaded.written);
  escape_variables(effective.config);
  effective.masked = completion.masked();
  return effective;
}

}  // namespace nodeportd
