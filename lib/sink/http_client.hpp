#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/http_url.hpp"
#include "base/result.hpp"
#include "sink/tls.hpp"

namespace nodeportd {

struct HttpClientOptions {
  HttpUrl url;
  std::chrono::milliseconds timeout{10'000};  // of an exchange, from the name's lookup to the reply
  TlsFiles tls;
};

struct HttpRequest {
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;  // beside Host and Content-Length
  std::string body;
};

struct HttpReply {
  int status = 0;
  std::string retry_after;  // the header as it came
  std::string body;         // its first 4 KiB
};

// Speaks HTTP/1.1 with one server over one connection that is kept between requests. Follows no
// redirect and uses no proxy. One thread, but for stop().
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  // The reply, whatever its status. Once its header is there, it stands: a body that stalls, tears
  // or has no end costs the connection only. Errors are of kind remote, or config for TLS files.
  // When a kept connection turns out to be dead before a byte of the reply came, the request is
  // sent once more over a new one, so a server may see it twice.
  [[nodiscard]] Result<HttpReply> send(const HttpRequest& request);

  // Any thread: a send() in progress returns soon, later ones at once.
  void stop();

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace nodeportd
