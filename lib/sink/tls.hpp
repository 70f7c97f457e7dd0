#pragma once

#include <string>

#include "base/result.hpp"

// OpenSSL's SSL_CTX and SSL.
struct ssl_ctx_st;
struct ssl_st;

namespace nodeportd {

// PEM files. Read anew for each connection, so that what was renewed is used without a restart.
struct TlsFiles {
  std::string ca_file;    // empty: the system's authorities
  std::string cert_file;  // of the client and its chain; empty: none
  std::string key_file;
};

// Makes `context` that of a client which speaks TLS 1.2 or later and verifies whom it speaks to,
// always. The error, of kind config, names the file.
[[nodiscard]] Result<void> set_up_tls(ssl_ctx_st* context, const TlsFiles& files);

// Before the handshake: the peer must hold a certificate for `host`, a name or an address.
[[nodiscard]] bool expect_host(ssl_st* session, std::string host);

// What was wrong with the peer's certificate; empty if that was not it.
[[nodiscard]] std::string certificate_fault(const ssl_st* session);

}  // namespace nodeportd
