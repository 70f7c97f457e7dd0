#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

namespace fs = std::filesystem;

namespace {

// The log is a link to one of the files in `days`.
struct Linked : Scene {
  Linked() { fs::create_directory(dir / "days"); }
  void lead_to(const std::string& day) {
    fs::create_symlink(dir / ("days/" + day), dir / "new");
    fs::rename(dir / "new", log());
  }
};

}  // namespace

TEST_CASE("a symbolic link that is swapped is followed, and back again without a repeat") {
  Linked scene;
  write_text(scene.dir / "days/day1.log", "1a\n");
  write_text(scene.dir / "days/day2.log", "2a\n");
  scene.lead_to("day1.log");
  scene.open();
  CHECK(scene.news() == Lines{"1a"});
  append_text(scene.dir / "days/day1.log", "1b\n");
  scene.lead_to("day2.log");
  CHECK(scene.news() == Lines{"1b", "2a"});
  append_text(scene.dir / "days/day1.log", "1c\n");
  scene.lead_to("day1.log");
  append_text(scene.dir / "days/day1.log", "1d\n");
  const Lines rest = scene.news();
  CHECK(rest == Lines{"1c", "1d"});
}

TEST_CASE("the log behind a symbolic link rotates in its own folder") {
  Scene scene;
  fs::create_directory(scene.dir / "real");
  const std::string real = scene.dir / "real/kube.log";
  write_text(real, "a1\n");
  fs::create_symlink(real, scene.log());
  scene.open();
  CHECK(scene.news() == Lines{"a1"});
  append_text(real, "a2\n");
  fs::rename(real, scene.dir / "real/kube-2026-11-24T09-00-00.001.log");
  write_text(scene.dir / "real/kube-2026-11-24T09-00-00.002.log", "b1\n");
  write_text(real, "c1\n");
  CHECK(scene.news() == Lines{"a2", "b1", "c1"});
}

TEST_CASE("what the new target was rotated to since we looked is read, what it was before is not") {
  Scene scene;
  fs::create_directory(scene.dir / "days");
  write_text(scene.log(), "1\n");
  scene.open();
  CHECK(scene.news() == Lines{"1"});
  write_text(scene.dir / "days/day-2026-11-24T08-00-00.000.log", "before\n");
  write_text(scene.dir / "days/day-2026-11-24T09-00-00.001.log", "2\n");
  write_text(scene.dir / "days/day.log", "3\n");
  fs::create_symlink(scene.dir / "days/day.log", scene.dir / "new");
  fs::rename(scene.dir / "new", scene.log());
  scene.clock.advance(std::chrono::milliseconds(2));
  CHECK(scene.news() == Lines{"2", "3"});
}

TEST_CASE("a link that leads back to a file that is due to be let go of repeats nothing of it") {
  Linked scene;
  write_text(scene.dir / "days/day1.log", "1a\n");
  write_text(scene.dir / "days/day2.log", "2a\n");
  scene.lead_to("day1.log");
  scene.open();
  scene.drain();
  scene.lead_to("day2.log");
  CHECK(scene.news() == Lines{"1a", "2a"});
  scene.lead_to("day1.log");
  append_text(scene.dir / "days/day1.log", "1b\n");
  SECTION("after a quiet minute") {
    scene.clock.advance(std::chrono::seconds(61));
  }
  SECTION("and is rotated at once") {
    const std::string old = scene.dir / "days/day1-2026-11-24T09-00-00.001.log";
    fs::rename(scene.dir / "days/day1.log", old);
    if (GENERATE(false, true)) Scene::compress(old);
    write_text(scene.dir / "days/day1.log", "1c\n");
    scene.clock.advance(std::chrono::milliseconds(2));
    CHECK(scene.news() == Lines{"1b", "1c"});
    return;
  }
  CHECK(scene.news() == Lines{"1b"});
  append_text(scene.dir / "days/day1.log", "1c\n");
  CHECK(scene.news() == Lines{"1c"});
}

TEST_CASE("a file that was emptied while a link led elsewhere is read on from its copy") {
  Linked scene;
  const std::string day1 = scene.dir / "days/day1.log";
  write_text(day1, "1a\n");
  write_text(scene.dir / "days/day2.log", "2a\n");
  scene.lead_to("day1.log");
  scene.open();
  scene.drain();
  scene.lead_to("day2.log");
  CHECK(scene.news() == Lines{"1a", "2a"});
  append_text(day1, "1b\n");
  const bool leads_back = GENERATE(true, false);
  if (leads_back) scene.lead_to("day1.log");
  fs::copy_file(day1, day1 + ".1");
  fs::resize_file(day1, 0);
  append_text(day1, "1c\n");
  // A copy is looked for where the log is now.
  CHECK(scene.news() == (leads_back ? Lines{"1b", "1c"} : Lines{"1c"}));
  REQUIRE(scene.supply.gaps().size() == 1);
  CHECK(scene.supply.gaps()[0].starts_with("source.truncated"));
}

TEST_CASE(
    "a file that a link led back to, that was emptied and then rotated is read, and its copy") {
  Scene scene;
  fs::create_directory(scene.dir / "days");
  const std::string day1 = scene.dir / "days/day1.log";
  const auto lead_to = [&](const std::string& day) {
    fs::create_symlink(day, scene.dir / "new");
    fs::rename(scene.dir / "new", scene.log());
  };
  write_text(day1, "1a\n");
  write_text(scene.dir / "days/day2.log", "2a\n");
  lead_to(day1);
  scene.open();
  scene.drain();
  lead_to(scene.dir / "days/day2.log");
  CHECK(scene.news() == Lines{"1a", "2a"});
  lead_to(day1);
  append_text(day1, "1b\n");
  fs::copy_file(day1, day1 + ".1");
  fs::resize_file(day1, 0);
  append_text(day1, "1c\n");
  SECTION("rotated") {
    fs::rename(day1, scene.dir / "days/day1-2026-11-24T09-00-00.001.log");
    scene.clock.advance(std::chrono::milliseconds(2));
  }
  SECTION("removed") {
    fs::remove(day1);
  }
  write_text(day1, "1d\n");
  CHECK(scene.news() == Lines{"1b", "1c", "1d"});
  CHECK(scene.supply.notices() == Lines{"source.truncated"});
  scene.restart();
  CHECK(scene.news().empty());
}

TEST_CASE("what the target of a dangling link was rotated to is read") {
  Scene scene;
  fs::create_directory(scene.dir / "days");
  fs::create_symlink("days/day.log", scene.log());
  write_text(scene.dir / "days/day-2026-11-24T08-59-00.000.log", "1\n");
  scene.open();
  CHECK(scene.news() == Lines{"1"});
  write_text(scene.dir / "days/day.log", "2\n");
  CHECK(scene.news() == Lines{"2"});
}

TEST_CASE(
    "a rotated file that is removed is heard of in a new folder, also while there is much to "
    "read") {
  Scene scene(1);
  scene.options.batch_bytes = 64;
  scene.supply.hold = true;
  fs::create_directory(scene.dir / "days");
  const std::string day = scene.dir / "days/day.log";
  write_text(scene.log(), "a\n");
  scene.open();
  const auto turn = [&] {
    scene.supply.release();
    scene.drain();
  };
  for (int i = 0; i < 5; ++i) turn();
  for (int i = 0; i < 20; ++i) append_text(scene.log(), std::string(40, 'b') + "\n");
  turn();
  // Moved, so that it is read to its end first.
  fs::rename(scene.log(), scene.dir / "audit.log.1");
  write_text(day, "lost\n");
  fs::create_symlink(day, scene.log());
  turn();
  const std::string gone = scene.dir / "days/day-2026-11-24T09-00-00.001.log";
  fs::rename(day, gone);
  write_text(day, "c\n");
  fs::remove(gone);
  for (int i = 0; i < 40; ++i) turn();
  CHECK(scene.supply.lines().back() == "c");
  CHECK(scene.supply.notices() == Lines{"source.lines_lost"});
}

}  // namespace nodeportd::test
