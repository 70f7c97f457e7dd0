#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

namespace fs = std::filesystem;

TEST_CASE("a rotated file that fails for a moment is read once it can be, in its turn") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  scene.drain();
  scene.source.reset();
  fs::rename(scene.log(), scene.rotated_name());
  const std::string failing = scene.rotated_name();
  write_text(scene.log(), "c1\n");
  fs::create_symlink(failing, failing);  // ELOOP, an error like EIO
  scene.restart();
  CHECK(scene.news().empty());
  SECTION("when it passes") {
    scene.clock.advance(std::chrono::seconds(10));
    fs::remove(failing);
    write_text(failing, "b1\n");
    scene.reconcile();
    CHECK(scene.news() == Lines{"b1", "c1"});
    CHECK(scene.supply.notices() == Lines{"source.unreadable"});
  }
  SECTION("and is given up when it does not, so that what is behind it is seen") {
    scene.clock.advance(std::chrono::seconds(10));
    scene.reconcile();
    CHECK(scene.news().empty());
    scene.clock.advance(std::chrono::seconds(20));
    scene.reconcile();
    CHECK(scene.news() == Lines{"c1"});
    CHECK(scene.supply.notices() == Lines{"source.unreadable", "source.lines_lost"});
  }
}

TEST_CASE("a rotated file that cannot be read at the first start is read after the next one") {
  Scene scene;
  const std::string failing = scene.rotated_name();
  fs::create_symlink(failing, failing);
  write_text(scene.log(), "c1\n");
  scene.open();
  scene.drain();
  CHECK(scene.news().empty());
  scene.restart();
  fs::remove(failing);
  write_text(failing, "b1\n");
  scene.reconcile();
  CHECK(scene.news() == Lines{"b1", "c1"});
}

}  // namespace nodeportd::test
