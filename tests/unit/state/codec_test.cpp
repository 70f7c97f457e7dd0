#include "state/codec.hpp"

#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

TEST_CASE("every field of alert, window and mark survives, null apart from empty") {
  const Alert alert = sample_alert("a");
  CHECK(same(must(decode<Alert>("key", encode("key", alert))), alert));
  CHECK(same(must(decode<Alert>("key", encode("key", Alert()))), Alert()));
  CHECK(same(must(decode<Window>("key", encode("key", sample_window("w")))), sample_window("w")));
  FileMark mark = sample_mark("/var/log/audit.log", 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFE);
  mark.finished = true;
  CHECK(same(must(decode<FileMark>("key", encode("key", mark))), mark));
}

TEST_CASE("equal values have equal bytes") {
  CHECK(encode("key", sample_alert("a")) == encode("key", sample_alert("a")));
}

TEST_CASE("a flipped bit anywhere, a cut or a longer row is an error") {
  const std::string bytes = encode("key", sample_window("w"));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    const auto window = decode<Window>("key", damaged);
    REQUIRE_FALSE(window.has_value());
    REQUIRE(window.error().kind == ErrorKind::malformed);
    REQUIRE_FALSE(decode<Window>("key", bytes.substr(0, i)).has_value());
  }
  CHECK_FALSE(decode<Window>("key", bytes + '\0').has_value());
}

TEST_CASE("a row that turns up under another key is damaged") {
  CHECK_FALSE(decode<Alert>("other", encode("key", sample_alert("a"))).has_value());
}

TEST_CASE("what cereal throws is an error") {
  // The sum is right and the value is not what is asked for: a mark is shorter than a window.
  const std::string bytes = encode("key", FileMark());
  const auto window = decode<Window>("key", bytes);
  REQUIRE_FALSE(window.has_value());
  CHECK(window.error().kind == ErrorKind::malformed);
}

}  // namespace
}  // namespace nodeportd::test
