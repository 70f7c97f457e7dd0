#include "sink/webhook_sink.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>

#include "base/digest.hpp"
#include "sink/format.hpp"
#include "sink/retry_after.hpp"
#include "support/eventually.hpp"
#include "support/http_server.hpp"
#include "support/loopback.hpp"
#include "support/manual_clock.hpp"
#include "support/sample_alert.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using namespace nodeportd::test;
using namespace std::chrono_literals;
using Kind = Outcome::Kind;

namespace {

const ManualClock& clock_of_tests() {
  static const ManualClock clock(*parse_time("2026-11-24T09:00:00Z"));
  return clock;
}

WebhookSinkOptions options_for(const std::string& url) {
  WebhookSinkOptions options;
  options.url = parse_http_url(url).value();
  options.batch_size = 1;
  options.timeout = 60s;
  return options;
}

WebhookSinkOptions plain(const HttpServer& server) {
  return options_for("http://127.0.0.1:" + server.port() + "/hook?key=secret");
}

WebhookSinkOptions secure(const HttpServer& server, const std::string& host = "localhost") {
  WebhookSinkOptions options = options_for("https://" + host + ':' + server.port() + "/hook");
  options.tls.ca_file = certificates() / "ca.crt";
  return options;
}

Outcome deliver_one(Sink& sink, const Alert& alert = sample_alert()) {
  std::vector<Outcome> outcomes = sink.deliver({&alert, 1});
  REQUIRE(outcomes.size() == 1);
  return outcomes.front();
}

Outcome deliver_one(const WebhookSinkOptions& options) {
  WebhookSink sink(options, clock_of_tests());
  return deliver_one(sink);
}

std::vector<Alert> sample_alerts(int number) {
  std::vector<Alert> alerts;
  for (int i = 0; i < number; ++i) alerts.push_back(sample_alert(i));
  return alerts;
}

std::string kinds(const std::vector<Outcome>& outcomes) {
  std::string kinds;
  for (const Outcome& outcome : outcomes) {
    kinds += outcome.kind == Kind::delivered ? 'd' : outcome.kind == Kind::retry ? 'r' : 'x';
  }
  return kinds;
}

std::string text_of(const YamlNode& request, const char* member) {
  return request.find(member)->scalar;
}
std::string header_of(const YamlNode& request, const char* name) {
  const YamlNode* header = request.find("headers")->find(name);
  return header != nullptr ? header->scalar : "(none)";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an alert is posted as JSON over a verified connection that is kept") {
  const HttpServer server("[]", "server");
  const TempDir dir;
  write_text(dir / "key", "from a file\r\n");
  WebhookSinkOptions options = secure(server, GENERATE("localhost", "127.0.0.1"));
  options.headers = {{"X-Team", "soc"}};
  options.header_files = {{"X-Key", dir / "key"}};
  WebhookSink sink(options, clock_of_tests());
  CHECK(kinds(sink.deliver(sample_alerts(2))) == "dd");
  CHECK(deliver_one(sink, sample_alert(2)).kind == Kind::delivered);

  const std::vector<YamlNode> requests = server.requests();
  REQUIRE(requests.size() == 3);
  for (int i = 0; i < 3; ++i) {
    const YamlNode& request = requests[static_cast<std::size_t>(i)];
    CHECK(text_of(request, "method") == "POST");
    CHECK(text_of(request, "target") == "/hook");
    CHECK(text_of(request, "body") == to_json(sample_alert(i)));
    CHECK(header_of(request, "host") == options.url.authority);
    CHECK(header_of(request, "content-type") == "application/json");
    CHECK(header_of(request, "user-agent") == "nodeportd/" NODEPORTD_VERSION);
    CHECK(header_of(request, "idempotency-key") == sample_alert(i).idempotency_key());
    CHECK(header_of(request, "x-team") == "soc");
    CHECK(header_of(request, "x-key") == "from a file");
    CHECK(header_of(request, "authorization") == "(none)");
    CHECK(text_of(request, "connection") == text_of(requests[0], "connection"));
  }
}

TEST_CASE("a peer whose certificate does not prove its name gets nothing") {
  const auto [certificate, host, fault] = GENERATE(table<std::string, std::string, std::string>({
      {"wrong_name", "localhost", "hostname mismatch"},
      {"wrong_name", "127.0.0.1", "IP address mismatch"},
      {"expired", "localhost", "certificate has expired"},
  }));
  const HttpServer server("[]", certificate);
  const Outcome outcome = deliver_one(secure(server, host));
  CHECK(outcome.kind == Kind::retry);
  CHECK(outcome.why == host + ':' + server.port() + ": TLS: " + fault);
  CHECK(server.requests().empty());
}

TEST_CASE("only the authorities of ca_file, or else the system's, vouch for a peer") {
  const HttpServer server("[]", "server");
  WebhookSinkOptions options = secure(server);
  options.tls.ca_file = GENERATE(as<std::string>{}, "other_ca.crt", "");
  if (!options.tls.ca_file.empty()) options.tls.ca_file = certificates() / options.tls.ca_file;
  const Outcome outcome = deliver_one(options);
  CHECK(outcome.kind == Kind::retry);
  CHECK(holds(outcome.why, "TLS: unable to get local issuer certificate"));
  CHECK(server.requests().empty());
}

TEST_CASE("a client certificate is shown to a server that asks for one") {
  const HttpServer server("[]", "server", "ca");
  WebhookSinkOptions options = secure(server);
  const Outcome refused = deliver_one(options);
  CHECK(refused.kind == Kind::retry);
  CHECK_THAT(refused.why, Catch::Contains("certificate required"));
  options.tls.cert_file = certificates() / "client.crt";
  options.tls.key_file = certificates() / "client.key";
  CHECK(deliver_one(options).kind == Kind::delivered);
}

TEST_CASE("a TLS file that cannot be used is named") {
  const HttpServer server("[]", "server");
  WebhookSinkOptions options = secure(server);
  const auto [ca, cert, key, why] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"missing", "", "", "ca_file"},
          {"ca.crt", "missing", "client.key", "cert_file"},
          {"ca.crt", "client.crt", "server.key", "key_file"},
      }));
  options.tls.ca_file = certificates() / ca;
  options.tls.cert_file = cert.empty() ? cert : certificates() / cert;
  options.tls.key_file = key.empty() ? key : certificates() / key;
  const Outcome outcome = deliver_one(options);
  CHECK(outcome.kind == Kind::retry);
  CHECK(holds(outcome.why, ": " + why + ' ' + (certificates() / "")));
}

TEST_CASE(
    "a server that does not speak TLS, or not at all, is waited for no longer than the timeout") {
  const Loopback silent = bind_loopback(SOCK_STREAM);
  WebhookSinkOptions options = options_for(GENERATE(as<std::string>{}, "http", "https") +
                                           "://localhost:" + std::to_string(silent.port) + "/");
  options.timeout = 80ms;
  const Outcome outcome = deliver_one(options);
  CHECK(outcome.kind == Kind::retry);
  CHECK(holds(outcome.why, "no answer within 80ms"));
}

TEST_CASE("what a status means for the alert") {
  const HttpServer server(R"([
      {"status": 200}, {"status": 202}, {"status": 204},
      {"status": 400}, {"status": 413}, {"status": 415}, {"status": 422}, {"status": 451},
      {"status": 401}, {"status": 403}, {"status": 404}, {"status": 405}, {"status": 407},
      {"status": 408}, {"status": 409}, {"status": 410}, {"status": 425}, {"status": 429},
      {"status": 500}, {"status": 502}, {"status": 503}, {"status": 599},
      {"status": 301, "headers": {"Location": "/elsewhere"}}, {"status": 307}, {"status": 304}])");
  WebhookSink sink(plain(server), clock_of_tests());
  std::vector<Outcome> outcomes;
  for (int i = 0; i < 25; ++i) outcomes.push_back(deliver_one(sink));
  CHECK(kinds(outcomes) == "dddxxxxxrrrrrrrrrrrrrrrrr");
  CHECK(outcomes[3].why == "127.0.0.1:" + server.port() + ": HTTP 400");
  CHECK(holds(outcomes[22].why, "HTTP 301 (redirects are not followed)"));
  // None of them was followed.
  CHECK(server.requests().size() == 25);
}

TEST_CASE("a reason holds what the server said, cut and made printable, and nothing of the URL") {
  const HttpServer server(R"([{"status": 400, "body": "bad \u001b[2J field\n)" +
                          std::string(100'000, 'x') + R"("}])");
  const Outcome outcome = deliver_one(plain(server));
  CHECK(outcome.kind == Kind::refused);
  CHECK(holds(outcome.why, R"(HTTP 400: bad \x1b[2J field\x0axxx)"));
  CHECK(outcome.why.size() < 300);
  CHECK_FALSE(holds(outcome.why, "secret"));
}

TEST_CASE("Retry-After is honoured as seconds and as a date") {
  const HttpServer server(R"([
      {"status": 429, "headers": {"Retry-After": "7"}},
      {"status": 503, "headers": {"Retry-After": "Tue, 24 Nov 2026 09:02:00 GMT"}},
      {"status": 503}])");
  WebhookSink sink(plain(server), clock_of_tests());
  CHECK(deliver_one(sink).retry_after == 7s);
  CHECK(deliver_one(sink).retry_after == 2min);
  CHECK_FALSE(deliver_one(sink).retry_after);
  CHECK(deliver_one(sink).kind == Kind::delivered);
}

TEST_CASE("Retry-After is read as RFC 9110 has it, and bounded") {
  const auto [header, wait] =
      GENERATE(table<std::string, std::optional<std::chrono::milliseconds>>({
          {"0", 0ms},
          {"120", 120s},
          {"99999999999999999999999", 8760h},
          {"31536001", 8760h},
          {"Tue, 24 Nov 2026 09:00:01 GMT", 1s},
          {"Sun, 06 Nov 1994 08:49:37 GMT", 0ms},
          {"", std::nullopt},
          {"-1", std::nullopt},
          {"1.5", std::nullopt},
          {"soon", std::nullopt},
          {"Tue, 24 Nov 2026 09:00:01 CET", std::nullopt},
          {"Tue, 24 Nov 2026 09:00:01 GMT; x", std::nullopt},
      }));
  CHECK(parse_retry_after(header, *parse_time("2026-11-24T09:00:00Z")) == wait);
}

TEST_CASE("an alert that fails is delivered by the next attempt") {
  const HttpServer server(R"([{"status": 500, "body": "out of order"}])", "server");
  WebhookSink sink(secure(server), clock_of_tests());
  const Outcome first = deliver_one(sink);
  CHECK(first.kind == Kind::retry);
  CHECK(holds(first.why, "HTTP 500: out of order"));
  CHECK(deliver_one(sink).kind == Kind::delivered);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(header_of(requests[0], "idempotency-key") == header_of(requests[1], "idempotency-key"));
}

TEST_CASE("a kept connection that the server closed costs no alert") {
  const std::string certificate = GENERATE("", "server");
  const auto [replies, requests] = GENERATE(table<std::string, std::size_t>({
      {R"([{"then": "reply_close"}])", 2U},  // closed before the next request
      {R"([{}, {"then": "drop"}])", 3U},     // closed on it: sent once more
  }));
  const HttpServer server(replies, certificate);
  WebhookSink sink(certificate.empty() ? plain(server) : secure(server), clock_of_tests());
  CHECK(kinds(sink.deliver(sample_alerts(2))) == "dd");
  const auto seen = server.requests();
  REQUIRE(seen.size() == requests);
  CHECK(text_of(seen.front(), "connection") != text_of(seen.back(), "connection"));
  CHECK(text_of(seen.back(), "body") == to_json(sample_alert(1)));
}

TEST_CASE("what a server says unasked is no reply to the next request") {
  const HttpServer server(R"([{"then": "babble"}, {"status": 503}])");
  WebhookSink sink(plain(server), clock_of_tests());
  CHECK(deliver_one(sink).kind == Kind::delivered);
  REQUIRE(eventually([&] { return server.has_babbled(); }));
  CHECK(deliver_one(sink).kind == Kind::retry);
  CHECK(server.requests().size() == 2);
}

TEST_CASE(
    "a request is not sent twice once a server has begun to answer, nor on a new connection") {
  const auto [replies, requests] = GENERATE(table<std::string, std::size_t>({
      {R"([{}, {"then": "tear"}])", 2U},
      {R"([{}, {"then": "drop"}, {"then": "drop"}])", 3U},
  }));
  const HttpServer server(replies);
  WebhookSink sink(plain(server), clock_of_tests());
  CHECK(kinds(sink.deliver(sample_alerts(2))) == "dr");
  CHECK(server.requests().size() == requests);
}

TEST_CASE(
    "a server that never answers hits the timeout, one that stalls after its header has the "
    "alert") {
  const HttpServer server(R"([{"then": "hang"}, {"body": "ok", "then": "stall"}])");
  WebhookSinkOptions options = plain(server);
  options.timeout = 1s;
  WebhookSink sink(options, clock_of_tests());
  const Outcome hung = deliver_one(sink);
  CHECK(hung.kind == Kind::retry);
  CHECK(holds(hung.why, "no answer within 1s"));
  CHECK(deliver_one(sink).kind == Kind::delivered);
  CHECK(deliver_one(sink).kind == Kind::delivered);
}

TEST_CASE("stop() ends a request in progress, and those after it") {
  const HttpServer server(R"([{"then": "hang"}])", "server");
  WebhookSinkOptions options = secure(server);
  options.timeout = 1h;
  WebhookSink sink(options, clock_of_tests());
  auto outcome = std::async(std::launch::async, [&] {
    const Alert alert = sample_alert();
    return sink.deliver({&alert, 1}).front();
  });
  REQUIRE(eventually([&] { return server.requests().size() == 1; }));
  sink.stop();
  CHECK(holds(outcome.get().why, "stopping"));
  CHECK(holds(deliver_one(sink).why, "stopping"));
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a rotated bearer token is used from the next request on, and shown nowhere") {
  const HttpServer server(R"([{}, {"status": 401}])");
  const TempDir dir;
  WebhookSinkOptions options = plain(server);
  options.bearer_token_file = dir / "token";
  WebhookSink sink(options, clock_of_tests());
  CHECK(holds(deliver_one(sink).why, (dir / "token") + ": No such file"));

  write_text(dir / "token", "first-token\n");
  CHECK(deliver_one(sink).kind == Kind::delivered);
  write_text(dir / "token", "other-token");
  const Outcome unauthorized = deliver_one(sink);
  CHECK(unauthorized.kind == Kind::retry);
  CHECK_FALSE(holds(unauthorized.why, "other-token"));
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(header_of(requests[0], "authorization") == "Bearer first-token");
  CHECK(header_of(requests[1], "authorization") == "Bearer other-token");

  write_text(dir / "token", GENERATE(as<std::string>{}, "", "\n", "a\r\nX-Evil: 1"));
  const Outcome malformed = deliver_one(sink);
  CHECK(malformed.why ==
        "127.0.0.1:" + server.port() + ": " + (dir / "token") + ": is not one line of text");
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a batch is one array under one key") {
  const HttpServer server("[]");
  WebhookSinkOptions options = plain(server);
  options.batch_size = 2;
  WebhookSink sink(options, clock_of_tests());
  CHECK(kinds(sink.deliver(sample_alerts(3))) == "ddd");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(text_of(requests[0], "body") ==
        '[' + to_json(sample_alert(0)) + ',' + to_json(sample_alert(1)) + ']');
  CHECK(text_of(requests[1], "body") == '[' + to_json(sample_alert(2)) + ']');
  CHECK(header_of(requests[0], "idempotency-key") ==
        to_hex(DigestBuilder()
                   .field(sample_alert(0).idempotency_key())
                   .field(sample_alert(1).idempotency_key())
                   .finish()));
  CHECK(header_of(requests[1], "idempotency-key") == sample_alert(2).idempotency_key());
}

TEST_CASE("one alert that a server refuses takes no other of its batch with it") {
  const HttpServer server(R"([{"status": 422}, {}, {"status": 422}, {}, {}])");
  WebhookSinkOptions options = plain(server);
  options.batch_size = 3;
  WebhookSink sink(options, clock_of_tests());
  CHECK(kinds(sink.deliver(sample_alerts(4))) == "dxdd");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 5);
  CHECK(text_of(requests[2], "body") == '[' + to_json(sample_alert(1)) + ']');
  CHECK(header_of(requests[2], "idempotency-key") == sample_alert(1).idempotency_key());
}

TEST_CASE("a failure ends a delivery: what was not tried is to be retried") {
  const auto [replies, outcome, requests] = GENERATE(table<std::string, std::string, std::size_t>({
      {R"([{}, {"status": 503}])", "ddrrr", 2U},
      {R"([{"status": 400}, {}, {"status": 429}])", "drrrr", 3U},
  }));
  const HttpServer server(replies);
  WebhookSinkOptions options = plain(server);
  options.batch_size = 2;
  WebhookSink sink(options, clock_of_tests());
  CHECK(kinds(sink.deliver(sample_alerts(5))) == outcome);
  CHECK(server.requests().size() == requests);
}

TEST_CASE("an undurable alert has a key of its content, since its revision may come again") {
  const HttpServer server("[]");
  WebhookSink sink(plain(server), clock_of_tests());
  Alert alert = sample_alert();
  alert.undurable = true;
  REQUIRE(deliver_one(sink, alert).kind == Kind::delivered);
  alert.count = 99;
  REQUIRE(deliver_one(sink, alert).kind == Kind::delivered);
  const auto requests = server.requests();
  const std::string first = header_of(requests.at(0), "idempotency-key");
  CHECK(first.starts_with(sample_alert().idempotency_key() + '.'));
  CHECK(first != header_of(requests.at(1), "idempotency-key"));
}
