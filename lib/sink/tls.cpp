#include "sink/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/files.hpp"
#include "base/host_port.hpp"

namespace nodeportd {
namespace {

Result<void> failure(const std::string& what, const std::string& file) {
  // The first entry of the queue is the cause, those after it are its consequences.
  const unsigned long error = ERR_get_error();
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return fail(ErrorKind::config, what + ' ' + file + ": " + (reason != nullptr ? reason : "fault"));
}

}  // namespace

Result<void> set_up_tls(ssl_ctx_st* context, const TlsFiles& files) {
  for (const std::string* file : {&files.ca_file, &files.cert_file, &files.key_file}) {
    // What else may be wrong with it OpenSSL says below.
    const Result<Fd> opened = file->empty() ? Fd() : open_regular(*file);
    if (!opened && opened.error().kind == ErrorKind::config) return fail(opened.error());
  }
  ERR_clear_error();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // OpenSSL would ask for an encrypted key's password on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
    return failure("TLS", "1.2");
  }
  if (files.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) return failure("the system's", "CAs");
  } else if (SSL_CTX_load_verify_locations(context, files.ca_file.c_str(), nullptr) != 1) {
    return failure("ca_file", files.ca_file);
  }
  if (files.cert_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, files.cert_file.c_str()) != 1) {
    return failure("cert_file", files.cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return failure("key_file", files.key_file);
  }
  return {};
}

bool expect_host(ssl_st* session, std::string host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(session);
  if (is_ip_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // Server name indication is for names alone (RFC 6066, 3).
  return X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size()) == 1 &&
         SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) ==
             1;
}

std::string certificate_fault(const ssl_st* session) {
  const long result = SSL_get_verify_result(session);
  return result == X509_V_OK ? std::string{} : X509_verify_cert_error_string(result);
}

}  // namespace nodeportd
