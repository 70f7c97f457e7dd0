#include <algorithm>
#include <array>
#include <cctype>

#include "base/http_url.hpp"
#include "config/section.hpp"

namespace nodeportd {
namespace {

// Ours to set, or the connection's.
constexpr std::array<std::string_view, 7> kReserved{
    "connection", "content-length",   "content-type", "host", "idempotency-key",
    "te",         "transfer-encoding"};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// RFC 9110: a token.
bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// A line break would let a value add headers.
bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
  });
}

// Reads one of the two maps of headers. Names that are wrong or taken are told at their own place.
class HeaderReader {
 public:
  explicit HeaderReader(const Report& report) : report_(report) {}

  void take(const std::string& name) { taken_.push_back(lower(name)); }

  WebhookSinkConfig::Headers read(YamlMap& sink, std::string_view key) {
    WebhookSinkConfig::Headers headers;
    const YamlNode* node = sink.node(key);
    if (node == nullptr) return headers;
    YamlMap map(*node, report_.file, report_.problems, "'" + std::string(key) + "'");
    for (const YamlEntry& entry : node->entries) {
      const auto value = map.required_text(entry.key);
      if (is_free(entry) && value) headers.emplace_back(entry.key, *value);
    }
    return headers;
  }

 private:
  bool is_free(const YamlEntry& entry) {
    const std::string name = lower(entry.key);
    if (!is_header_name(name)) return complain(entry, "' is not the name of a header");
    if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
      return complain(entry, "' is set by nodeportd itself");
    }
    if (std::find(taken_.begin(), taken_.end(), name) != taken_.end()) {
      return complain(entry, "' is given twice");
    }
    taken_.push_back(name);
    return true;
  }
  bool complain(const YamlEntry& entry, const std::string& text) {
    report_.problems.push_back(
        {{report_.file, entry.line, entry.column}, "the header '" + entry.key + text});
    return false;
  }

  const Report& report_;
  std::vector<std::string> taken_;
};

// Never shows the value: its variables may have held a secret. What stands here the sink takes.
std::optional<HttpUrl> read_url(YamlMap& sink, WebhookSinkConfig& webhook) {
  const auto text = sink.required_text("url");
  if (!text) return std::nullopt;
  Result<HttpUrl> url = parse_http_url(*text);
  if (!url) {
    sink.complain(*sink.node("url"), "'url' " + url.error().text);
    return std::nullopt;
  }
  webhook.url = *text;
  return std::move(*url);
}

void read_tls(YamlMap& sink, const std::optional<HttpUrl>& url, WebhookSinkConfig& webhook) {
  const bool is_plain = url && url->scheme == HttpUrl::Scheme::http;
  for (const auto& [key, path] :
       {std::pair("ca_file", &webhook.ca_file), std::pair("cert_file", &webhook.cert_file),
        std::pair("key_file", &webhook.key_file)}) {
    set(*path, absolute_path(sink, key));
    if (!path->empty() && is_plain) {
      sink.complain(*sink.node(key), "'" + std::string(key) + "' is for https, the url is http");
    }
  }
  if (webhook.cert_file.empty() != webhook.key_file.empty()) {
    sink.complain(*sink.node(webhook.cert_file.empty() ? "key_file" : "cert_file"),
                  "'cert_file' and 'key_file' go together");
  }
}

}  // namespace

WebhookSinkConfig read_webhook(YamlMap& sink, const Report& report) {
  WebhookSinkConfig webhook;
  const std::optional<HttpUrl> url = read_url(sink, webhook);
  HeaderReader headers(report);
  set(webhook.bearer_token_file, absolute_path(sink, "bearer_token_file"));
  if (!webhook.bearer_token_file.empty()) headers.take("Authorization");
  webhook.headers = headers.read(sink, "headers");
  for (const auto& [name, value] : webhook.headers) {
    if (is_header_value(value)) continue;
    sink.complain(*sink.node("headers")->find(name),
                  "the header '" + name + "' holds a control character");
  }
  webhook.headers_file = headers.read(sink, "headers_file");
  for (const auto& [name, path] : webhook.headers_file) {
    if (path.starts_with('/')) continue;
    sink.complain(*sink.node("headers_file")->find(name),
                  "'headers_file' must hold absolute paths, this is '" + path + "'");
  }
  set(webhook.batch_size, sink.integer("batch_size", 1, 1000));
  set(webhook.timeout,
      sink.duration("timeout", std::chrono::milliseconds(100), std::chrono::minutes(5)));
  read_tls(sink, url, webhook);
  return webhook;
}

}  // namespace nodeportd
