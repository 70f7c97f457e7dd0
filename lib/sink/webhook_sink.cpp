#include "sink/webhook_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "sink/format.hpp"
#include "sink/retry_after.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kSecretMax = 8UL * 1024;
constexpr std::size_t kExcerptMax = 200;  // of a reply's body in a reason

// A header's value out of a file.
Result<std::string> read_secret(const std::string& path) {
  Result<std::string> secret = read_file(path, kSecretMax);
  if (!secret) return secret;
  while (secret->ends_with('\n') || secret->ends_with('\r')) secret->pop_back();
  const bool is_value = !secret->empty() && std::all_of(secret->begin(), secret->end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != 0x7F;
  });
  if (!is_value) return fail(ErrorKind::config, path + ": is not one line of text");
  return secret;
}

// An alert sent while the state could not be written may come again under the same key with other
// figures: its content tells them apart, or a receiver would drop the second.
std::string idempotency_key(const Alert& alert) {
  return alert.undurable ? alert.idempotency_key() + '.' + to_hex(digest_of(to_json(alert)))
                         : alert.idempotency_key();
}

std::string idempotency_key(std::span<const Alert> alerts) {
  if (alerts.size() == 1) return idempotency_key(alerts.front());
  DigestBuilder digest;
  for (const Alert& alert : alerts) digest.field(idempotency_key(alert));
  return to_hex(digest.finish());
}

bool is_worth_a_retry(int status) {
  static constexpr std::array kMendable = {401, 403, 404, 405, 407, 408, 409, 410, 425, 429};
  return status < 400 || status >= 500 ||
         std::find(kMendable.begin(), kMendable.end(), status) != kMendable.end();
}

}  // namespace

WebhookSink::WebhookSink(WebhookSinkOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      client_({.url = options_.url, .timeout = options_.timeout, .tls = options_.tls}) {}

std::vector<Outcome> WebhookSink::deliver(std::span<const Alert> alerts) {
  std::vector<Outcome> outcomes;
  outcomes.reserve(alerts.size());
  const auto deliver_some = [&](std::size_t count) {
    const Outcome outcome = post(alerts.subspan(outcomes.size(), count));
    if (outcome.kind == Outcome::Kind::refused && count > 1) return false;
    // After a failure the rest is not tried: the receiver is in no state for it.
    const bool failed = outcome.kind == Outcome::Kind::retry;
    outcomes.resize(failed ? alerts.size() : outcomes.size() + count, outcome);
    return true;
  };
  while (outcomes.size() < alerts.size()) {
    const std::size_t count = std::min(options_.batch_size, alerts.size() - outcomes.size());
    const std::size_t end = outcomes.size() + count;
    if (deliver_some(count)) continue;
    while (outcomes.size() < end) (void)deliver_some(1);
  }
  return outcomes;
}

Outcome WebhookSink::post(std::span<const Alert> alerts) {
  const Result<HttpRequest> request = request_for(alerts);
  if (!request) return retry(request.error().text);
  const Result<HttpReply> reply = client_.send(*request);
  return reply ? judge(*reply) : retry(reply.error().text);
}

Result<HttpRequest> WebhookSink::request_for(std::span<const Alert> alerts) const {
  HttpRequest request;
  request.headers.emplace_back("User-Agent", "nodeportd/" NODEPORTD_VERSION);  // or the operator's
  request.headers.insert(request.headers.end(), options_.headers.begin(), options_.headers.end());
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Idempotency-Key", idempotency_key(alerts));
  for (const auto& [name, path] : options_.header_files) {
    const Result<std::string> value = read_secret(path);
    if (!value) return fail(value.error());
    request.headers.emplace_back(name, *value);
  }
  if (!options_.bearer_token_file.empty()) {
    const Result<std::string> token = read_secret(options_.bearer_token_file);
    if (!token) return fail(token.error());
    request.headers.emplace_back("Authorization", "Bearer " + *token);
  }
  for (const Alert& alert : alerts) {
    if (!request.body.empty()) request.body += ',';
    request.body += to_json(alert);
  }
  if (options_.batch_size > 1) request.body = '[' + request.body + ']';
  return request;
}

Outcome WebhookSink::judge(const HttpReply& reply) const {
  if (reply.status >= 200 && reply.status < 300) return {};
  const bool redirects = reply.status >= 300 && reply.status < 400;
  Outcome outcome = retry(
      fmt::format("HTTP {}{}", reply.status, redirects ? " (redirects are not followed)" : ""));
  if (!reply.body.empty()) outcome.why += ": " + bounded_printable(reply.body, kExcerptMax);
  if (!is_worth_a_retry(reply.status)) {
    outcome.kind = Outcome::Kind::refused;
  } else {
    outcome.retry_after = parse_retry_after(reply.retry_after, clock_.wall());
  }
  return outcome;
}

// Names the host alone: the path of a webhook is often its secret.
Outcome WebhookSink::retry(const std::string& why) const {
  return {
      .kind = Outcome::Kind::retry, .why = options_.url.authority + ": " + why, .retry_after = {}};
}

}  // namespace nodeportd
