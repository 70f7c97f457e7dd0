#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nodeportd {

struct HostPort {
  std::string host;  // a name or an address, IPv6 without its brackets
  std::uint16_t port = 0;
};

// `host:port` or `[IPv6 address]:port`; nullopt when it is neither.
[[nodiscard]] std::optional<HostPort> parse_host_port(std::string_view text);

// An IPv4 address of four numbers, or an IPv6 address without brackets; no name.
[[nodiscard]] bool is_ip_address(const std::string& host);

}  // namespace nodeportd
