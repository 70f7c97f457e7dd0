#include "base/digest.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "base/crc32c.hpp"

using namespace nodeportd;

TEST_CASE("digest_of is the first half of the SHA-256 that FIPS 180-2 gives") {
  CHECK(to_hex(digest_of("abc")) == "ba7816bf8f01cfea414140de5dae2223");
  CHECK(to_hex(digest_of("")) == "e3b0c44298fc1c149afbf4c8996fb924");
}

TEST_CASE("a field is hashed behind its length in 8 bytes, little-endian") {
  const std::string bytes = std::string("\x03\0\0\0\0\0\0\0", 8) + "abc";
  CHECK(DigestBuilder().field("abc").finish() == digest_of(bytes));
  const std::string long_field(0x0102, 'x');
  CHECK(DigestBuilder().field(long_field).finish() ==
        digest_of(std::string("\x02\x01\0\0\0\0\0\0", 8) + long_field));
}

TEST_CASE("the same bytes split differently give different digests") {
  CHECK(DigestBuilder().field("ab").field("c").finish() !=
        DigestBuilder().field("a").field("bc").finish());
  CHECK(DigestBuilder().field("ab").finish() != DigestBuilder().field("ab").field("").finish());
}

TEST_CASE("an absent field is not an empty one") {
  CHECK(DigestBuilder().null_field().finish() != DigestBuilder().field("").finish());
  CHECK(DigestBuilder().null_field().finish() !=
        DigestBuilder().field("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF").finish());
}

TEST_CASE("a builder starts anew after finish and survives a move") {
  DigestBuilder builder;
  const Digest first = builder.field("a").finish();
  CHECK(builder.field("a").finish() == first);
  builder.field("a");
  DigestBuilder moved = std::move(builder);
  CHECK(moved.field("b").finish() == DigestBuilder().field("a").field("b").finish());
}

TEST_CASE("crc32c gives the check values of RFC 3720") {
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c("") == 0U);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
}
