#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/http_url.hpp"
#include "base/result.hpp"
#include "sink/http_client.hpp"
#include "sink/sink.hpp"

namespace nodeportd {

struct WebhookSinkOptions {
  using Headers = std::vector<std::pair<std::string, std::string>>;

  HttpUrl url;
  Headers headers;  // name and value; none that this sink or HTTP sets
  // Read before each request, so that a rotated secret needs no restart; a newline at the end is
  // not part of it.
  Headers header_files;           // name and path
  std::string bearer_token_file;  // empty: none
  std::size_t batch_size = 1;     // alerts a request; with 1 it is an object, else an array
  std::chrono::milliseconds timeout{10'000};  // of one request
  TlsFiles tls;
};

// Posts alerts as JSON, at least once each. Idempotency-Key is the alert's own key; that of a
// batch is a digest of its alerts' keys. What a reply means:
//   2xx           delivered
//   400, 413, 422 and other 4xx: refused, a dead letter. A refused batch is sent again alert by
//                 alert, so that one bad alert takes no other with it.
//   401 403 404 405 407 410: retry. They say that a token or a route is wrong, which a person
//                 mends; alerts must not be lost over it.
//   408 409 425 429 5xx, no reply: retry, not before `Retry-After` where the reply has it.
//   3xx           retry: redirects are not followed, since they could lead a token astray.
// deliver() blocks for up to `timeout` a request; it makes one per `batch_size` alerts, and ends
// with the first that is to be retried.
class WebhookSink final : public Sink {
 public:
  // `clock` outlives the sink.
  WebhookSink(WebhookSinkOptions options, const Clock& clock);

  [[nodiscard]] std::vector<Outcome> deliver(std::span<const Alert> alerts) override;
  void stop() override { client_.stop(); }

 private:
  [[nodiscard]] Outcome post(std::span<const Alert> alerts);
  [[nodiscard]] Result<HttpRequest> request_for(std::span<const Alert> alerts) const;
  [[nodiscard]] Outcome judge(const HttpReply& reply) const;
  [[nodiscard]] Outcome retry(const std::string& why) const;

  const WebhookSinkOptions options_;
  const Clock& clock_;
  HttpClient client_;
};

}  // namespace nodeportd
