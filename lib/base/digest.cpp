#include "base/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace nodeportd {

namespace {

// OpenSSL fails here only when it is out of memory or has no SHA-256: nothing can go on then.
void require(bool ok) {
  if (!ok) std::abort();
}

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

// Looked up once: EVP_sha256() stands for a lookup at every use, which costs more than the hash.
const EVP_MD* sha256() {
  static const std::unique_ptr<EVP_MD, FreeDigest> digest(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  require(digest != nullptr);
  return digest.get();
}

}  // namespace

DigestBuilder& DigestBuilder::field(std::string_view bytes) {
  for (std::size_t i = 0; i < sizeof(std::uint64_t); ++i) {
    bytes_ += static_cast<char>((bytes.size() >> (8 * i)) & 0xFF);
  }
  bytes_ += bytes;
  return *this;
}

DigestBuilder& DigestBuilder::null_field() {
  // A length that no field can have.
  bytes_.append(sizeof(std::uint64_t), '\xFF');
  return *this;
}

Digest DigestBuilder::finish() {
  const Digest digest = digest_of(bytes_);
  bytes_.clear();
  return digest;
}

Digest digest_of(std::string_view bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> full{};
  unsigned int size = 0;
  require(EVP_Digest(bytes.data(), bytes.size(), full.data(), &size, sha256(), nullptr) == 1);
  Digest digest{};
  std::copy_n(full.begin(), digest.size(), digest.begin());
  return digest;
}

std::string to_hex(const Digest& digest) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0x0FU]);
  }
  return text;
}

}  // namespace nodeportd
