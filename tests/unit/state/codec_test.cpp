#include "state/codec.hpp"

#include "base/crc32c.hpp"
#include "state/row_key.hpp"
#include "unit/state/samples.hpp"
#include "unit/state/version_1.hpp"

namespace nodeportd::test {
namespace {

TEST_CASE("every field of alert, window, mark and Service survives, null apart from empty") {
  const Alert alert = sample_alert("a");
  CHECK(same(must(decode<Alert>("key", encode("key", alert))), alert));
  CHECK(same(must(decode<Alert>("key", encode("key", Alert()))), Alert()));
  CHECK(same(must(decode<Window>("key", encode("key", sample_window("w")))), sample_window("w")));
  FileMark mark = sample_mark("/var/log/audit.log", 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFE);
  mark.finished = true;
  CHECK(same(must(decode<FileMark>("key", encode("key", mark))), mark));
  for (const KnownService& service : {sample_service("s"), KnownService()}) {
    CHECK(must(decode<KnownService>("key", encode("key", service))) == service);
  }
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

// The bytes of a hexadecimal literal.
std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST_CASE("rows of format 1 are read, without what it did not have") {
  Alert alert = sample_alert("a");
  Window window = sample_window("w");
  const FileMark mark = sample_mark("log", 1, 10);
  alert.exposures.clear();
  window.alert.exposures.clear();
  CHECK(same(must(decode<Alert>(row_key(alert), bytes_of(kVersion1Alert))), alert));
  CHECK(same(must(decode<Window>("w", bytes_of(kVersion1Window))), window));
  CHECK(same(must(decode<FileMark>(row_key(mark), bytes_of(kVersion1Mark))), mark));
}

const Alert& alert_of(const Alert& alert) {
  return alert;
}
const Alert& alert_of(const Window& window) {
  return window.alert;
}

// As format 2 or 3 wrote it: without what formats after it have at their end.
template <typename Value>
std::string encode_older(char format, const std::string& key, const Value& value) {
  std::string bytes = encode(key, value);
  bytes.resize(bytes.size() - sizeof(std::uint32_t) * alert_of(value).exposures.size());
  if (format < 3) bytes.pop_back();
  bytes[0] = format;
  const std::string_view body = std::string_view(bytes).substr(5);
  const std::uint32_t sum = crc32c(body, crc32c(std::string_view("\0", 1), crc32c(key)));
  for (unsigned i = 0; i < 4; ++i) bytes[1 + i] = static_cast<char>((sum >> (8 * i)) & 0xFFU);
  return bytes;
}

TEST_CASE("rows of format 2 are read as not replayed") {
  const Alert alert = sample_alert("a");
  const Window window = sample_window("w");
  CHECK(same(must(decode<Alert>("key", encode_older(2, "key", alert))), alert));
  CHECK(same(must(decode<Window>("w", encode_older(2, "w", window))), window));
}

TEST_CASE("rows of format 3 are read as listing all") {
  Alert alert = sample_alert("a");
  alert.replayed = true;
  REQUIRE_FALSE(alert.exposures.empty());
  CHECK(same(must(decode<Alert>("key", encode_older(3, "key", alert))), alert));
}

TEST_CASE("that an alert is replayed is kept") {
  Alert alert = sample_alert("a");
  alert.replayed = true;
  CHECK(must(decode<Alert>("key", encode("key", alert))).replayed);
}

TEST_CASE("how much an alert does not list is kept") {
  Alert alert = sample_alert("a");
  alert.exposures.front().unlisted = 7;
  CHECK(same(must(decode<Alert>("key", encode("key", alert))), alert));
  Window window = sample_window("w");
  window.alert.exposures = alert.exposures;
  CHECK(same(must(decode<Window>("w", encode("w", window))), window));
}

TEST_CASE("a row that says another format than it has is damaged") {
  // The format stands before what the sum covers.
  std::string newer = encode("key", sample_alert("a"));
  newer[0] = 1;
  std::string older = bytes_of(kVersion1Alert);
  older[0] = 2;
  CHECK_FALSE(decode<Alert>("key", newer).has_value());
  CHECK_FALSE(decode<Alert>(row_key(sample_alert("a")), older).has_value());
}

}  // namespace
}  // namespace nodeportd::test
