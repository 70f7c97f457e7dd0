#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nodeportd {

// The first 128 bits of a SHA-256.
using Digest = std::array<std::uint8_t, 16>;

// SHA-256 over fields, each preceded by its length (8 bytes, little-endian), so that ("ab","c")
// and ("a","bc") differ. Holds a copy of them until finish(), since OpenSSL's calls cost more than
// the hash of so few bytes. Reusable after it.
class DigestBuilder {
 public:
  DigestBuilder& field(std::string_view bytes);
  // A field that is absent; differs from every field that is there, the empty one included.
  DigestBuilder& null_field();
  [[nodiscard]] Digest finish();

 private:
  std::string bytes_;
};

// Digest of the bytes alone, without a length before them.
[[nodiscard]] Digest digest_of(std::string_view bytes);
// Lower-case hexadecimal, 32 characters.
[[nodiscard]] std::string to_hex(const Digest& digest);

}  // namespace nodeportd
