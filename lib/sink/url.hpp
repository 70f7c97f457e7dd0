#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace nodeportd {

struct HostPort {
  std::string host;  // a name or an address, IPv6 without its brackets
  std::uint16_t port = 0;
};

struct HttpUrl {
  enum class Scheme : std::uint8_t { http, https };

  Scheme scheme = Scheme::https;
  HostPort peer;
  std::string authority;  // as the Host header has it
  std::string target;     // path and query
};

// http or https, with a host and without credentials; a fragment is dropped. The error, of kind
// config, quotes nothing of the text: a webhook's path is often a secret.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace nodeportd
