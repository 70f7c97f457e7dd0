#include "base/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>

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

struct DigestBuilder::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() { start(); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }

  void start() const { require(EVP_DigestInit_ex(evp, sha256(), nullptr) == 1); }
  void update(std::string_view bytes) const {
    require(EVP_DigestUpdate(evp, bytes.data(), bytes.size()) == 1);
  }
};

DigestBuilder::DigestBuilder() : context_(std::make_unique<Context>()) {}
DigestBuilder::DigestBuilder(DigestBuilder&&) noexcept = default;
DigestBuilder& DigestBuilder::operator=(DigestBuilder&&) noexcept = default;
DigestBuilder::~DigestBuilder() = default;

DigestBuilder& DigestBuilder::field(std::string_view bytes) {
  std::array<char, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<char>((bytes.size() >> (8 * i)) & 0xFF);
  }
  context_->update({length.data(), length.size()});
  context_->update(bytes);
  return *this;
}

DigestBuilder& DigestBuilder::null_field() {
  // A length that no field can have.
  static constexpr std::string_view kAbsent = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
  context_->update(kAbsent);
  return *this;
}

Digest DigestBuilder::finish() {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> full{};
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(context_->evp, full.data(), &size) == 1);
  context_->start();
  Digest digest{};
  std::copy_n(full.begin(), digest.size(), digest.begin());
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
