#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

using Start = SourceOptions::Input::Start;

namespace {

// A log with history: rotated 3 h, 61 min and 59 min ago.
struct OldLog : Scene {
  OldLog() {
    for (const int minutes_ago : {180, 61, 59}) {
      const std::string when = format_time(clock.wall() - std::chrono::minutes(minutes_ago));
      std::string stamp = when.substr(0, 23);
      std::replace(stamp.begin(), stamp.end(), ':', '-');
      write_text(dir / ("audit-" + stamp + ".log"), std::to_string(minutes_ago) + " ago\n");
    }
    write_text(log(), "live\nha");
  }
  const Notice* skipped() {
    for (const Handed& each : supply.history) {
      for (const Notice& notice : each.notices) {
        if (notice.rule == "source.history_skipped") return &notice;
      }
    }
    return nullptr;
  }
  std::string fact(const std::string& name) {
    for (const auto& [key, value] : skipped()->facts) {
      if (key == name) return value;
    }
    return "none";
  }
};

}  // namespace

TEST_CASE("from the beginning: everything there is") {
  OldLog scene;
  scene.options.inputs[0].start = Start::beginning;
  scene.open();
  CHECK(scene.news() == Lines{"180 ago", "61 ago", "59 ago", "live"});
  CHECK(scene.skipped() == nullptr);
}

TEST_CASE("a time back: what was rotated since, and the live file whole") {
  OldLog scene;
  scene.options.inputs[0].start = Start::back;
  scene.open();
  CHECK(scene.news() == Lines{"59 ago", "live"});
  REQUIRE(scene.skipped() != nullptr);
  CHECK(scene.fact("files") == "2");
  CHECK(scene.fact("bytes") == "15");
}

TEST_CASE("from the end: the next line to be completed, and everything of later files") {
  OldLog scene;
  scene.options.inputs[0].start = Start::end;
  scene.open();
  CHECK(scene.news().empty());
  REQUIRE(scene.skipped() != nullptr);
  CHECK(scene.fact("files") == "3");
  CHECK(scene.fact("bytes") == "27");
  append_text(scene.log(), "lf\nwhole\n");
  CHECK(scene.news() == Lines{"half", "whole"});
  scene.rotate("from zero\n");
  CHECK(scene.news() == Lines{"from zero"});
  scene.restart();
  CHECK(scene.news().empty());
  CHECK(scene.skipped() == nullptr);
}

TEST_CASE("nothing is told of a history that there is not") {
  Scene scene;
  scene.options.inputs[0].start = GENERATE(Start::end, Start::back, Start::beginning);
  write_text(scene.log(), "");
  scene.open();
  append_text(scene.log(), "first\n");
  CHECK(scene.news() == Lines{"first"});
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("a log of a megabyte line that is being written starts behind the last newline") {
  Scene scene;
  scene.options.inputs[0].start = Start::end;
  write_text(scene.log(), "old\n" + std::string(1'000'000, 'x'));
  scene.open();
  CHECK(scene.news().empty());
  append_text(scene.log(), "\n");
  const Lines lines = scene.news();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() == 1'000'000);
}

}  // namespace nodeportd::test
