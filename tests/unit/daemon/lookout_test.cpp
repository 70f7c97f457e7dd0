#include "daemon/report/lookout.hpp"

#include <catch2/catch.hpp>

namespace nodeportd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

LookoutConfig limits_of_test() {
  LookoutConfig limits;
  limits.missing_after = minutes(1);
  limits.silence_after = minutes(10);
  limits.unread_max = 1'000;
  limits.unread_after = minutes(2);
  limits.failing_after = minutes(5);
  return limits;
}

// A log that is read to its end and a sink that delivers, until the test says otherwise.
struct Scene {
  Scene() {
    StreamStatus& stream = sight.streams.emplace_back();
    stream.path = stream.file = "/a.log";
    stream.offset = 10;
    sight.sinks.emplace_back().sink = "soc";
  }

  // The rules of what is told after `step`, separated by spaces.
  std::string after(std::chrono::milliseconds step) {
    sight.mono += step;
    sight.wall += step;
    std::string rules;
    for (const Notice& notice : lookout.look(sight)) {
      rules += (rules.empty() ? "" : " ") + notice.rule;
      last = notice;
    }
    return rules;
  }

  Lookout lookout{limits_of_test()};
  Lookout::Sight sight;
  Notice last;
};

TEST_CASE("what is as it should be is not told") {
  Scene scene;
  for (int i = 0; i < 100; ++i) {
    ++scene.sight.streams[0].offset;
    CHECK(scene.after(minutes(1)).empty());
  }
}

TEST_CASE("a log that is not there is told once, and again only if it was there between") {
  Scene scene;
  StreamStatus& stream = scene.sight.streams[0];
  for (int round = 0; round < 2; ++round) {
    stream.waiting = true;
    CHECK(scene.after(seconds(1)).empty());
    CHECK(scene.after(seconds(59)).empty());
    CHECK(scene.after(seconds(1)) == "source.missing");
    CHECK(scene.last.facts == decltype(scene.last.facts){{"path", "/a.log"}});
    CHECK(scene.after(minutes(60)).empty());
    stream.waiting = false;
    ++stream.offset;
    CHECK(scene.after(seconds(1)).empty());
  }
}

TEST_CASE(
    "a log that was removed while it was followed is missing, though its file is still open") {
  Scene scene;
  scene.sight.streams[0].missing = true;
  CHECK(scene.after(seconds(1)).empty());
  CHECK(scene.after(minutes(1)) == "source.missing");
}

TEST_CASE("what was told stands until it is over") {
  Scene scene;
  const auto standing = [&] {
    std::string rules;
    for (const auto& [rule, count] : scene.lookout.standing()) {
      if (count > 0) rules += rule + '=' + std::to_string(count) + ' ';
    }
    return rules;
  };
  scene.sight.streams[0].missing = true;
  scene.sight.patterns = {"/b*.log"};
  scene.sight.sinks[0].alive = false;
  (void)scene.after(seconds(1));
  CHECK(standing().empty());  // nothing was told yet
  (void)scene.after(minutes(1));
  CHECK(standing() == "source.missing=2 ");
  (void)scene.after(minutes(5));
  CHECK(standing() == "source.missing=2 sink.failing=1 ");
  scene.sight.streams[0].missing = false;
  scene.sight.sinks[0].alive = true;
  (void)scene.after(seconds(1));
  CHECK(standing() == "source.missing=1 ");
}

TEST_CASE("a rotation that takes a moment is no missing log") {
  Scene scene;
  StreamStatus& stream = scene.sight.streams[0];
  for (int i = 0; i < 10; ++i) {
    ++stream.offset;
    stream.waiting = i % 2 == 0;
    CHECK(scene.after(seconds(50)).empty());
  }
}

TEST_CASE("a pattern without a log is told") {
  Scene scene;
  scene.sight.patterns = {"/var/log/*/audit.log"};
  CHECK(scene.after(seconds(1)).empty());
  CHECK(scene.after(minutes(1)) == "source.missing");
  CHECK(scene.last.text.find("/var/log/*/audit.log") != std::string::npos);
}

TEST_CASE("a log that brings no line is told, with for how long") {
  Scene scene;
  CHECK(scene.after(seconds(1)).empty());
  CHECK(scene.after(minutes(9)).empty());
  ++scene.sight.streams[0].offset;
  CHECK(scene.after(seconds(1)).empty());
  CHECK(scene.after(minutes(9)).empty());
  CHECK(scene.after(minutes(1)) == "source.silent");
  CHECK(scene.last.text == "audit log /a.log has brought no line for 10m");
}

TEST_CASE("a new file that stands at the same place is no silence") {
  Scene scene;
  for (int i = 0; i < 20; ++i) {
    scene.sight.streams[0].file = "/a.log." + std::to_string(i);
    CHECK(scene.after(minutes(5)).empty());
  }
}

TEST_CASE("silence of 0 is never told") {
  Scene scene;
  LookoutConfig limits = limits_of_test();
  limits.silence_after = {};
  scene.lookout = Lookout(limits);
  CHECK(scene.after(minutes(1)).empty());
  CHECK(scene.after(minutes(100'000)).empty());
}

TEST_CASE("too much that waits to be read is told when it lasts") {
  Scene scene;
  StreamStatus& stream = scene.sight.streams[0];
  const auto step = [&](std::uint64_t unread) {
    ++stream.offset;
    stream.unread = unread;
    return scene.after(minutes(1));
  };
  CHECK(step(1'001).empty());
  CHECK(step(1'000).empty());
  CHECK(step(1'001).empty());
  CHECK(step(5'000).empty());
  CHECK(step(9'000) == "source.behind");
  CHECK(scene.last.facts ==
        decltype(scene.last.facts){{"path", "/a.log"}, {"unread_bytes", "9000"}});
}

TEST_CASE("a sink that takes nothing for long is told with its error") {
  Scene scene;
  const auto step = [&](bool alive) {
    ++scene.sight.streams[0].offset;
    scene.sight.sinks[0].alive = alive;
    scene.sight.sinks[0].last_error = "refused";
    return scene.after(minutes(3));
  };
  CHECK(step(false).empty());
  CHECK(step(true).empty());
  CHECK(step(false).empty());
  CHECK(step(false).empty());
  CHECK(step(false) == "sink.failing");
  CHECK(scene.last.facts == decltype(scene.last.facts){{"sink", "soc"}, {"error", "refused"}});
}

TEST_CASE("a clock that jumps is told with where from and where to, a drift is not") {
  Scene scene;
  CHECK(scene.after(seconds(1)).empty());
  scene.sight.wall += seconds(59);
  CHECK(scene.after(seconds(1)).empty());
  scene.sight.wall += minutes(90);
  CHECK(scene.after(seconds(1)) == "clock.jumped");
  CHECK(scene.last.facts[2].second == "5400");
  scene.sight.wall -= minutes(2);
  CHECK(scene.after(seconds(1)) == "clock.jumped");
  CHECK(scene.last.text.find("back by 2m") != std::string::npos);
  CHECK(scene.after(seconds(1)).empty());
}

TEST_CASE("it looks as often as the shortest patience asks, and an idle daemon hardly ever") {
  CHECK(Lookout(LookoutConfig()).every() == seconds(30));
  LookoutConfig limits;
  limits.silence_after = seconds(2);
  CHECK(Lookout(limits).every() == seconds(1));
}

}  // namespace
}  // namespace nodeportd
