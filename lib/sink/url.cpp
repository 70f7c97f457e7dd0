#include "sink/url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace nodeportd {
namespace {

namespace urls = boost::urls;

// The parts of a URL's authority that we connect to. Percent-encoding is undone by Boost.URL, so
// what it yields is looked at again: the name goes into a Host header and to the resolver.
template <typename Url>
Result<HostPort> to_host_port(const Url& url, std::uint16_t default_port) {
  HostPort peer{.host = url.host_address(), .port = default_port};
  const bool is_host = !peer.host.empty() && peer.host.size() <= 253 &&
                       std::all_of(peer.host.begin(), peer.host.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
                                c == ':';
                       });
  if (!is_host) {
    return fail(ErrorKind::config, "its host is neither a name (ASCII) nor an address");
  }
  if (url.has_userinfo()) {
    return fail(ErrorKind::config, "credentials do not belong here: use bearer_token_file");
  }
  if (url.has_port()) peer.port = url.port_number();
  if (peer.port == 0) return fail(ErrorKind::config, "a port from 1 to 65535 is needed");
  return peer;
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  const auto parsed = urls::parse_authority({text.data(), text.size()});
  if (!parsed) return fail(ErrorKind::config, "is not of the form host:port");
  return to_host_port(*parsed, 0);
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  if (!parsed) return fail(ErrorKind::config, "is not a URL");
  if (parsed->scheme_id() != urls::scheme::http && parsed->scheme_id() != urls::scheme::https) {
    return fail(ErrorKind::config, "its scheme is neither https nor http");
  }
  HttpUrl url;
  const bool is_plain = parsed->scheme_id() == urls::scheme::http;
  url.scheme = is_plain ? HttpUrl::Scheme::http : HttpUrl::Scheme::https;
  Result<HostPort> peer = to_host_port(*parsed, is_plain ? 80 : 443);
  if (!peer) return fail(peer.error());
  url.peer = std::move(*peer);
  url.authority = std::string(parsed->encoded_host_and_port());
  url.target = std::string(parsed->encoded_target());
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

Result<void> check_url(std::string_view text) {
  const Result<HttpUrl> url = parse_http_url(text);
  return url ? Result<void>{} : Result<void>(fail(url.error()));
}

}  // namespace nodeportd
