#include "base/http_url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace nodeportd {
namespace {

namespace urls = boost::urls;

// Boost.URL undoes percent-encoding, so what it yields is looked at again: the name goes to the
// resolver and into the Host header.
bool is_host(std::string_view text) {
  return text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_' || c == ':';
         });
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  const auto wrong = [](const char* what) { return fail(ErrorKind::config, what); };
  static constexpr const char* kForm = "must be such as https://host:port/path";
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  if (!parsed) return wrong(kForm);
  // Whatever its case.
  const bool is_plain = parsed->scheme_id() == urls::scheme::http;
  if (!is_plain && parsed->scheme_id() != urls::scheme::https) return wrong(kForm);
  HttpUrl url;
  url.scheme = is_plain ? HttpUrl::Scheme::http : HttpUrl::Scheme::https;
  url.peer.host = parsed->host_address();
  url.peer.port = is_plain ? 80 : 443;
  // Boost.URL takes `:port` and `:65536`, with a number of 0.
  if (parsed->has_port()) url.peer.port = parsed->port_number();
  if (url.peer.host.empty() || url.peer.port == 0) return wrong(kForm);
  if (!is_host(url.peer.host)) {
    return wrong("must hold a host that is a name (ASCII) or an address");
  }
  if (parsed->has_userinfo()) {
    return wrong("must hold no user or password: use 'bearer_token_file' or 'headers_file'");
  }
  if (parsed->has_fragment()) return wrong("must hold no fragment (#)");
  url.authority = std::string(parsed->encoded_host_and_port());
  url.target = std::string(parsed->encoded_target());
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

}  // namespace nodeportd
