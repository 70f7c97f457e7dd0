#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/unprivileged.hpp"
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

TEST_CASE("a log is waited for when what took its place cannot be read, while the old is held") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  CHECK(scene.news() == Lines{"a1"});
  CHECK_FALSE(scene.source->status()[0].waiting);
  const std::string kept = scene.log() + ".kept";  // a name of no rotation
  fs::rename(scene.log(), kept);
  std::uint64_t unread = 0;
  Lines expected = {"a1", "a2", "a3", "now"};
  Lines told = {"source.unreadable"};
  SECTION("a folder") {
    fs::create_directory(scene.log());
  }
  SECTION("a link that leads nowhere it can be read") {
    fs::create_symlink("/proc/self/mem/none", scene.log());
    told.clear();  // it is missing
  }
  SECTION("a FIFO") {
    REQUIRE(::mkfifo(scene.log().c_str(), 0600) == 0);
  }
  SECTION("a file that may not be read") {
    if (::geteuid() != 0) return;  // only root may write to it
    write_text(scene.log(), "b1\n");
    fs::permissions(scene.log(), fs::perms::none);
    unread = 3;
    expected = {"a1", "a2", "a3", "b1", "now"};
  }
  {
    const Unprivileged modes_hold;
    scene.reconcile();
    const StreamStatus status = scene.source->status()[0];
    CHECK(status.waiting == !status.missing);
    CHECK(status.at_end == status.missing);
    CHECK(status.unread == unread);
    // The old file's lines are no sign that the new one can be read: it is told once, not per line.
    for (const char* line : {"a2\n", "a3\n"}) {
      append_text(kept, line);  // by a writer that has not let go of it
      scene.drain();
    }
    CHECK(scene.source->status()[0].waiting == status.waiting);
    CHECK(scene.supply.notices() == told);
  }
  scene.reconcile();
  fs::remove(scene.log());
  write_text(scene.log(), "now\n");
  scene.reconcile();
  CHECK(scene.supply.lines() == expected);
  CHECK_FALSE(scene.source->status()[0].waiting);
  CHECK(scene.source->status()[0].at_end);
}

TEST_CASE("a log that may not be read at the start is waited for, and read on where it was") {
  if (::geteuid() != 0) return;  // only root could write to it meanwhile
  HalfRead scene;
  fs::permissions(scene.log(), fs::perms::none);
  {
    const Unprivileged modes_hold;
    CHECK(scene.after_restart().empty());
    CHECK(scene.supply.notices() == Lines{"source.unreadable"});
    scene.reconcile();
    CHECK(scene.supply.notices() == Lines{"source.unreadable"});
    CHECK(scene.source->status()[0].waiting);
  }
  fs::permissions(scene.log(), fs::perms::owner_read);
  scene.reconcile();
  CHECK(scene.news() == Lines{"a2", "a3"});
  CHECK(scene.supply.marks().size() == 1);
}

TEST_CASE("a rotated log that may not be read at the start is told, and read on once it may be") {
  if (::geteuid() != 0) return;  // only root could rename it meanwhile
  HalfRead scene;
  const std::string old = scene.rotate("b1\n");
  const std::string lost = "source.lines_lost " + fs::path(old).filename().string();
  fs::permissions(old, fs::perms::none);
  {
    const Unprivileged modes_hold;
    CHECK(scene.after_restart().empty());
    scene.clock.advance(std::chrono::seconds(30));
    scene.reconcile();
    CHECK(scene.news() == Lines{"b1"});
  }
  CHECK(scene.supply.gaps() == Lines{"source.unreadable audit.log", lost + " from 304"});
  fs::permissions(old, fs::perms::owner_read);
  scene.reconcile();
  CHECK(scene.news().empty());
  CHECK(scene.after_restart() == Lines{"a2", "a3"});
  CHECK(scene.after_restart().empty());
}

TEST_CASE("a rotated log that may not be read for a moment at the start is read on, in its turn") {
  if (::geteuid() != 0) return;  // only root could rename it meanwhile
  HalfRead scene;
  const std::string old = scene.rotate("b1\n");
  fs::permissions(old, fs::perms::none);
  {
    const Unprivileged modes_hold;
    CHECK(scene.after_restart().empty());
  }
  fs::permissions(old, fs::perms::owner_read);
  scene.clock.advance(std::chrono::seconds(10));
  scene.reconcile();
  CHECK(scene.news() == Lines{"a2", "a3", "b1"});
  CHECK(scene.supply.gaps() == Lines{"source.unreadable audit.log"});
}

TEST_CASE("a rotated log whose packed form may not be read at the start is not begun anew") {
  if (::geteuid() != 0) return;
  HalfRead scene;
  const std::string old = scene.rotate("b1\n");
  Scene::compress(old);
  const std::string packed = old + ".gz";
  fs::permissions(packed, fs::perms::none);
  {
    const Unprivileged modes_hold;
    CHECK(scene.after_restart().empty());
  }
  SECTION("it is waited for") {
    fs::permissions(packed, fs::perms::owner_read);
    scene.reconcile();
    CHECK(scene.news() == Lines{"a2", "a3", "b1"});
    CHECK(scene.supply.gaps() == Lines{"source.unreadable audit.log"});
  }
  SECTION("or passed over, and told by its name") {
    {
      const Unprivileged modes_hold;
      scene.clock.advance(std::chrono::seconds(30));
      scene.reconcile();
      CHECK(scene.news() == Lines{"b1"});
    }
    fs::permissions(packed, fs::perms::owner_read);
    scene.reconcile();
    CHECK(scene.news().empty());
    const std::string lost = "source.lines_lost " + fs::path(packed).filename().string();
    CHECK(scene.supply.gaps() == Lines{"source.unreadable audit.log", lost + " from 304"});
    CHECK(scene.after_restart() == Lines{"a2", "a3"});
  }
}

TEST_CASE("a log that may not be read, and is rotated meanwhile, is told by its new name") {
  if (::geteuid() != 0) return;  // only root could rename it meanwhile
  HalfRead scene;
  fs::permissions(scene.log(), fs::perms::none);
  const Unprivileged modes_hold;
  CHECK(scene.after_restart().empty());
  CHECK(scene.supply.gaps() == Lines{"source.unreadable audit.log"});
  const std::string old = scene.rotate("b1\n");
  scene.reconcile();
  scene.clock.advance(std::chrono::seconds(30));
  scene.reconcile();
  CHECK(scene.news() == Lines{"b1"});
  const std::string lost = "source.lines_lost " + fs::path(old).filename().string();
  CHECK(scene.supply.gaps() == Lines{"source.unreadable audit.log", lost + " from 304"});
}

}  // namespace nodeportd::test
