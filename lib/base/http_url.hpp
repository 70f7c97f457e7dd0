#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/host_port.hpp"
#include "base/result.hpp"

namespace nodeportd {

struct HttpUrl {
  enum class Scheme : std::uint8_t { http, https };

  Scheme scheme = Scheme::https;
  HostPort peer;
  std::string authority;  // as the Host header has it
  std::string target;     // path and query
};

// http or https, with a host, without credentials and fragment. The error, of kind config, says
// what the URL must be (`must hold no fragment (#)`) and quotes nothing of it: a webhook's path is
// often a secret.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace nodeportd
