#include "base/host_port.hpp"

#include <catch2/catch.hpp>

using namespace nodeportd;

TEST_CASE("a host and a port stand on both sides of the last colon") {
  CHECK(parse_host_port("soc.example:514").value().host == "soc.example");
  CHECK(parse_host_port("[2001:db8::1]:6514").value().host == "2001:db8::1");
  CHECK(parse_host_port("[2001:db8::1]:6514").value().port == 6514);
  const char* wrong = GENERATE("", ":", "h", "h:", ":1", "h:0", "h:65536", "h:-1", "h:1x", "::1:1",
                               "[]:1", "[::1]1", "h/p:1", "h h:1");
  CAPTURE(wrong);
  CHECK_FALSE(parse_host_port(wrong));
}

TEST_CASE("an IP address is of either kind, and no name") {
  CHECK(is_ip_address("127.0.0.1"));
  CHECK(is_ip_address("::ffff:1.2.3.4"));
  for (const char* name : {"", "localhost", "1.2.3", "[::1]", "0x7f.1"}) {
    CAPTURE(name);
    CHECK_FALSE(is_ip_address(name));
  }
}
