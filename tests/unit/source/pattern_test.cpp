#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

namespace fs = std::filesystem;

TEST_CASE("every match of a pattern is a log of its own; a rotated name never is") {
  Scene scene;
  scene.options.inputs[0].audit_log = scene.dir / "*.log*";
  write_text(scene.dir / "a.log", "same\n");
  write_text(scene.dir / "b.log", "same\n");
  write_text(scene.dir / "a-2026-11-24T08-00-00.000.log", "older a\n");
  pack(scene.dir / "b-2026-11-24T08-00-00.000.log.gz", "older b\n");
  scene.open();
  CHECK(scene.source->status().size() == 2);
  scene.drain();
  Lines lines = scene.news();
  std::sort(lines.begin(), lines.end());
  CHECK(lines == Lines{"older a", "older b", "same", "same"});
  // What appears later starts at 0, found by the next look.
  write_text(scene.dir / "c.log", "c\n");
  scene.reconcile();
  CHECK(scene.news() == Lines{"c"});
  CHECK(scene.supply.history.back().stream == 2);
}

TEST_CASE(
    "a log of a pattern that is gone is missed for an hour, and read on should it come back") {
  Scene scene;
  scene.options.inputs[0].audit_log = scene.dir / "*/audit.log";
  const std::string old_log = scene.dir / "pod-1/audit.log";
  const std::string new_log = scene.dir / "pod-2/audit.log";
  fs::create_directory(scene.dir / "pod-1");
  write_text(old_log, "old 1\n");
  scene.open();
  CHECK(scene.news() == Lines{"old 1"});
  const std::string away = scene.dir / "away/pod-1";
  fs::create_directory(scene.dir / "away");
  fs::rename(scene.dir / "pod-1", away);
  const auto look_in = [&](std::chrono::minutes pause) {
    scene.clock.advance(pause);
    scene.reconcile();
    scene.reconcile();
    return scene.source->status();
  };
  SECTION("not while the pattern finds no other: then nothing is seen") {
    CHECK(look_in(std::chrono::hours(3)).size() == 1);
    return;
  }
  fs::create_directory(scene.dir / "pod-2");
  write_text(new_log, "new\n");
  scene.reconcile();
  CHECK(scene.news() == Lines{"new"});
  CHECK(look_in(std::chrono::minutes(50)).size() == 2);
  CHECK(scene.source->status()[0].missing);
  const auto left = look_in(std::chrono::minutes(10));
  REQUIRE(left.size() == 1);
  CHECK(left[0].path == new_log);
  append_text(new_log, "newer\n");
  CHECK(scene.news() == Lines{"newer"});
  SECTION("a restart does not look for it") {
    scene.restart();
    CHECK(scene.source->status().size() == 1);
  }
  SECTION("while it is followed") {}
  append_text(away + "/audit.log", "old 2\n");
  fs::rename(away, scene.dir / "pod-1");
  scene.reconcile();
  CHECK(scene.news() == Lines{"old 2"});
  CHECK(scene.source->status().size() == 2);
}

}  // namespace nodeportd::test
