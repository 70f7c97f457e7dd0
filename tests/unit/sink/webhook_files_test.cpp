#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "sink/webhook_sink.hpp"
#include "support/loopback.hpp"
#include "support/manual_clock.hpp"
#include "support/sample_alert.hpp"
#include "support/temp_dir.hpp"

namespace nodeportd::test {

TEST_CASE("a certificate or a secret that is a pipe is refused and nobody waits for its writer") {
  const TempDir dir;
  const std::string pipe = dir / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const Loopback silent = bind_loopback(SOCK_STREAM);
  WebhookSinkOptions options;
  options.url = parse_http_url("https://localhost:" + std::to_string(silent.port) + "/").value();
  options.timeout = std::chrono::seconds(60);
  SECTION("an authority") {
    options.tls.ca_file = pipe;
  }
  SECTION("a token") {
    options.bearer_token_file = pipe;
  }
  const ManualClock clock(*parse_time("2026-11-24T09:00:00Z"));
  WebhookSink sink(options, clock);
  const Alert alert = sample_alert();
  const std::vector<Outcome> outcomes = sink.deliver({&alert, 1});
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front().kind == Outcome::Kind::retry);
  CHECK_THAT(outcomes.front().why, Catch::Contains(pipe + ": is a pipe, not a file"));
}

}  // namespace nodeportd::test
