#include "model/held_bytes.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace nodeportd {
namespace {

TEST_CASE("a window's bytes grow with each text and list that it holds") {
  const Window empty;
  const std::size_t least = held_bytes(empty);
  CHECK(least >= sizeof(Window));
  const std::string text(1'000, 'x');
  const auto grows = [&](const auto& fill) {
    Window window;
    fill(window.alert);
    return held_bytes(window) >= least + 1'000;
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
  CHECK(held_bytes(seen) >= least + 1'000);
}

TEST_CASE("the bytes of a match and of a service write grow with their texts") {
  const std::string text(1'000, 'x');
  Match match;
  match.groups = {{text}, {text, std::nullopt}};
  match.values = {{text}};
  match.event.source = text;
  CHECK(held_bytes(match) >= held_bytes(Match()) + 4'000);
  ServiceWrite write;
  write.exposure.name = text;
  write.exposure.doors.external_ips = {text, text};
  CHECK(held_bytes(write) >= held_bytes(ServiceWrite()) + 3'000);
}

TEST_CASE("a window's bytes do not depend on how its texts were made") {
  Window reserved;
  reserved.alert.message.reserve(10'000);
  reserved.alert.message = "a message that is longer than fits in place";
  Window plain;
  plain.alert.message = reserved.alert.message;
  CHECK(held_bytes(reserved) == held_bytes(plain));
}

}  // namespace
}  // namespace nodeportd
