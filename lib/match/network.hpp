#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace nodeportd {

// A range of IP addresses, `10.0.0.0/8` or `fd00::/8`. An IPv4 address in IPv6's clothes
// (`::ffff:10.0.0.1`) is the IPv4 address.
class Network {
 public:
  // An address alone is a range of one. A range whose address has bits beyond its prefix is
  // malformed: it is not clear what was meant.
  [[nodiscard]] static Result<Network> parse(std::string_view text);

  // False for text that is no address.
  [[nodiscard]] bool contains(std::string_view address) const;

 private:
  using Address = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  [[nodiscard]] static std::optional<Address> parse_address(std::string_view text);
  [[nodiscard]] static Address masked(Address address, int bits);

  Address first_{};
  int bits_ = 0;  // of 128
};

}  // namespace nodeportd
