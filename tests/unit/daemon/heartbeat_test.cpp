#include "daemon/engine/heartbeat.hpp"

#include <catch2/catch.hpp>

namespace nodeportd {

TEST_CASE("each sink beats in its own time, and a late beat is not made up for") {
  using std::chrono::seconds;
  const MonoTime start{};
  Heartbeat heartbeat({{"file", seconds(10)}, {"hook", seconds(25)}}, start);
  CHECK(heartbeat.next() == start + seconds(10));
  CHECK(heartbeat.take_due(start + seconds(9)).empty());
  CHECK(heartbeat.take_due(start + seconds(10)) == std::vector<std::string>{"file"});
  CHECK(heartbeat.take_due(start + seconds(10)).empty());
  CHECK(heartbeat.take_due(start + seconds(300)) == std::vector<std::string>{"file", "hook"});
  CHECK(heartbeat.next() == start + seconds(310));
}

TEST_CASE("without a sink that wants it there is no beat") {
  const Heartbeat heartbeat({}, MonoTime{});
  CHECK(heartbeat.next() == std::nullopt);
}

}  // namespace nodeportd
