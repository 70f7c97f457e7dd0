#include "base/http_url.hpp"

#include <catch2/catch.hpp>

using namespace nodeportd;

TEST_CASE("a webhook's URL is http or https in any case, with a host, without credentials") {
  const HttpUrl url = parse_http_url("https://Hooks.example.org/a/b?c=%20d").value();
  CHECK(url.scheme == HttpUrl::Scheme::https);
  CHECK(url.peer.host == "Hooks.example.org");
  CHECK(url.peer.port == 443);
  CHECK(url.authority == "Hooks.example.org");
  CHECK(url.target == "/a/b?c=%20d");
  const HttpUrl literal = parse_http_url("http://[::1]:8080").value();
  CHECK(literal.scheme == HttpUrl::Scheme::http);
  CHECK(literal.peer.host == "::1");
  CHECK(literal.peer.port == 8080);
  CHECK(literal.authority == "[::1]:8080");
  CHECK(literal.target == "/");
  CHECK(parse_http_url("HTTP://h").value().scheme == HttpUrl::Scheme::http);
  CHECK(parse_http_url("http://h?q").value().target == "/?q");
}

TEST_CASE("a URL that cannot be used is refused without being quoted") {
  const std::string url = GENERATE(
      as<std::string>{}, "", "s3cret", "/s3cret", "ftp://s3cret/", "https://", "https:///s3cret",
      "https://u:s3cret@h/", "https://s3cret@h/", "https://h:0/s3cret", "https://h:/s3cret",
      "https://h:65536/s3cret", "https://h%0as3cret/", "https://h\xC3\xBC/s3cret",
      "https://h /s3cret", "http://a+b/s3cret", "https://h/#s3cret");
  CAPTURE(url);
  const Result<HttpUrl> parsed = parse_http_url(url);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind == ErrorKind::config);
  CHECK_THAT(parsed.error().text, !Catch::Contains("s3cret"));
}
