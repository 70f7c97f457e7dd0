#include "aggregate/window_bytes.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace nodeportd {
namespace {

TEST_CASE("a window's bytes grow with each text and list that it holds") {
  const Window empty;
  const std::size_t least = bytes_of(empty);
  CHECK(least >= sizeof(Window));
  const std::string text(1'000, 'x');
  const auto grows = [&](const auto& fill) {
    Window window;
    fill(window.alert);
    return bytes_of(window) >= least + 1'000;
  };
  CHECK(grows([&](Alert& alert) { alert.user = text; }));
  CHECK(grows([&](Alert& alert) { alert.message = text; }));
  CHECK(grows([&](Alert& alert) { alert.group = {{"a", std::nullopt}, {"b", text}}; }));
  CHECK(grows([&](Alert& alert) { alert.values = {{"a", {"b", text}}}; }));
  CHECK(grows([&](Alert& alert) { alert.events.emplace_back().audit_id = text; }));
  CHECK(grows([&](Alert& alert) { alert.risk_objects.emplace_back().value = text; }));
  CHECK(grows([&](Alert& alert) {
    alert.exposures.emplace_back().doors.node_ports.emplace_back().name = text;
  }));
  Window seen;
  seen.seen.resize(125);
  CHECK(bytes_of(seen) >= least + 1'000);
}

TEST_CASE("a window's bytes do not depend on how its texts were made") {
  Window reserved;
  reserved.alert.message.reserve(10'000);
  reserved.alert.message = "a message that is longer than fits in place";
  Window plain;
  plain.alert.message = reserved.alert.message;
  CHECK(bytes_of(reserved) == bytes_of(plain));
}

}  // namespace
}  // namespace nodeportd
