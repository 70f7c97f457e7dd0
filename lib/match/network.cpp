#include "match/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace nodeportd {
namespace {

constexpr int kIpv4Offset = 96;  // bits before the IPv4 address in ::ffff:a.b.c.d

}  // namespace

std::optional<Network::Address> Network::parse_address(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string terminated(text);
  Address address{};
  if (::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (::inet_pton(AF_INET, terminated.c_str(), address.data() + 12) == 1) return address;
  return std::nullopt;
}

Network::Address Network::masked(Address address, int bits) {
  for (int byte = 0; byte < 16; ++byte) {
    const int kept = std::clamp(bits - byte * 8, 0, 8);
    address[static_cast<std::size_t>(byte)] &= static_cast<std::uint8_t>(0xFF00U >> kept);
  }
  return address;
}

Result<Network> Network::parse(std::string_view text) {
  const std::string name = "'" + std::string(text) + "'";
  const std::size_t slash = text.find('/');
  const std::string_view first = text.substr(0, slash);
  const auto address = parse_address(first);
  if (!address) return fail(ErrorKind::malformed, name + " is no IP address range");
  const bool is_v4 = first.find(':') == std::string_view::npos;
  const int most = is_v4 ? 32 : 128;
  int bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    if (!whole || bits < 0 || bits > most) {
      return fail(ErrorKind::malformed,
                  name + " needs a prefix from 0 to " + std::to_string(most) + " after its slash");
    }
  }
  Network network;
  network.bits_ = bits + (is_v4 ? kIpv4Offset : 0);
  network.first_ = masked(*address, network.bits_);
  if (network.first_ != *address) {
    return fail(ErrorKind::malformed,
                name + " has bits set beyond its prefix: write the first address of the range");
  }
  return network;
}

bool Network::contains(std::string_view address) const {
  const auto parsed = parse_address(address);
  return parsed && masked(*parsed, bits_) == first_;
}

}  // namespace nodeportd
