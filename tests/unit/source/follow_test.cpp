#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

namespace fs = std::filesystem;

TEST_CASE("lines come as soon as they are written, each once, with their offsets") {
  Scene scene;
  write_text(scene.log(), "one\ntwo\n");
  scene.open();
  CHECK(scene.news() == Lines{"one", "two"});
  append_text(scene.log(), "three\n");
  CHECK(scene.news() == Lines{"three"});
  CHECK(scene.news().empty());
  CHECK(scene.supply.history.back().records[0].offset == 8);
  CHECK(scene.supply.history.back().end.offset == 14);
  CHECK(scene.supply.history.back().at_end);
}

TEST_CASE("of each log is told what was read, and since when something is left to read") {
  Scene scene(1);
  write_text(scene.log(), "one\ntwo\n");
  const WallTime at_first = scene.clock.wall();
  scene.open();
  scene.drain();
  const auto status = [&] { return scene.source->status()[0]; };
  CHECK(status().records == 2);
  CHECK(status().bytes == 8);
  CHECK(status().last_read == at_first);
  CHECK_FALSE(status().behind_since);
  scene.supply.hold = true;
  append_text(scene.log(), "three\n");
  scene.drain();
  append_text(scene.log(), "four\n");  // there is no batch for it
  scene.clock.advance(std::chrono::seconds(1));
  const MonoTime behind_since = scene.clock.mono();
  scene.drain();
  scene.clock.advance(std::chrono::seconds(5));
  scene.drain();
  CHECK(status().records == 3);
  CHECK(status().last_read == at_first);  // the clock stood still while the third line came
  CHECK(status().behind_since == behind_since);
  scene.supply.hold = false;
  scene.supply.release();
  scene.drain();
  CHECK(status().records == 4);
  CHECK(status().bytes == 19);
  CHECK(status().last_read == scene.clock.wall());
  CHECK_FALSE(status().behind_since);
}

TEST_CASE("half a line waits for its newline, however many pieces it comes in") {
  Scene scene;
  write_text(scene.log(), "");
  scene.open();
  for (const char* piece : {"{\"kind\":", "\"Event\"", "}"}) {
    append_text(scene.log(), piece);
    CHECK(scene.news().empty());
  }
  append_text(scene.log(), "\nnext\n");
  CHECK(scene.news() == Lines{"{\"kind\":\"Event\"}", "next"});
}

TEST_CASE("a missing file, or a missing folder, is waited for and then read from its start") {
  Scene scene;
  const std::string deep = scene.dir / "var/log/audit.log";
  scene.options.inputs[0] = {.audit_log = deep, .start = SourceOptions::Input::Start::end};
  scene.open();
  CHECK(scene.news().empty());
  CHECK(scene.source->status()[0].waiting);
  CHECK(scene.supply.history.back().at_end);
  fs::create_directory(scene.dir / "var");
  CHECK(scene.news().empty());
  fs::create_directory(scene.dir / "var/log");
  CHECK(scene.news().empty());
  write_text(deep, "first\n");
  CHECK(scene.news() == Lines{"first"});
  CHECK_FALSE(scene.source->status()[0].waiting);
}

TEST_CASE("rotation: the old file is read to its end, then the new one") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  CHECK(scene.news() == Lines{"a1"});
  append_text(scene.log(), "a2\n");
  scene.rotate("b1\n");
  CHECK(scene.news() == Lines{"a2", "b1"});
  append_text(scene.log(), "b2\n");
  CHECK(scene.news() == Lines{"b2"});
  CHECK(scene.source->counters().streams.rotations.get() == 1);
}

TEST_CASE("several rotations while nobody looked: every file once, in the order of names") {
  Scene scene;
  write_text(scene.log(), "0\n");
  scene.open();
  CHECK(scene.news() == Lines{"0"});
  std::vector<std::string> names;
  for (int i = 1; i <= 5; ++i) {
    append_text(scene.log(), "end of " + std::to_string(i - 1) + "\n");
    names.push_back(scene.rotate(std::to_string(i) + "\n"));
  }
  Scene::compress(names[0]);
  Scene::compress(names[2]);
  pack(names[3] + ".gz", "cut");  // is being written, beside the plain form
  CHECK(scene.news() ==
        Lines{"end of 0", "1", "end of 1", "2", "end of 2", "3", "end of 3", "4", "end of 4", "5"});
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("lines written after the rename are read, before and after the new file grows") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  CHECK(scene.news() == Lines{"a1"});
  const std::string old = scene.rotate("b1\n");
  CHECK(scene.news() == Lines{"b1"});
  append_text(old, "a2\n");
  CHECK(scene.news() == Lines{"a2"});
  append_text(scene.log(), "b2\n");
  append_text(old, "a3");
  CHECK(scene.news() == Lines{"b2"});
  // After a quiet minute it is let go of, with what it ended in, and its mark is forgotten.
  for (int i = 0; i < 7; ++i) scene.reconcile();
  CHECK(scene.news() == Lines{"a3"});
  CHECK(scene.source->counters().files_open.get() == 1);
  REQUIRE(scene.supply.marks().size() == 1);
  CHECK(scene.supply.marks()[0].path == scene.log());
}

TEST_CASE("the number of files that linger is bounded, and none of their lines is lost") {
  Scene scene;
  write_text(scene.log(), "0\n");
  scene.open();
  for (int i = 1; i <= 30; ++i) {
    scene.rotate(std::to_string(i) + "\n");
    scene.drain();
  }
  CHECK(scene.supply.lines().size() == 31);
  CHECK(scene.source->counters().files_open.get() <= 9);
  CHECK(scene.supply.marks().size() <= 9);
}

TEST_CASE("a file that is deleted while unread is read to its end") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  scene.drain();
  append_text(scene.log(), "a2\n");
  fs::remove(scene.log());
  CHECK(scene.news() == Lines{"a1", "a2"});
  write_text(scene.log(), "b1\n");
  CHECK(scene.news() == Lines{"b1"});
}

TEST_CASE("a rotated file that is compressed and removed while it is read is not read again") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  scene.drain();
  append_text(scene.log(), "a2\n");
  const std::string old = scene.rotate("b1\n");
  Scene::compress(old);
  CHECK(scene.news() == Lines{"a1", "a2", "b1"});
  scene.reconcile();
  CHECK(scene.supply.lines().size() == 3);
}

TEST_CASE("a file that is compressed and removed before a line of it was read is read once") {
  Scene scene(1);
  scene.options.batch_bytes = 64;
  scene.supply.hold = true;
  write_text(scene.log(), "a1\na2\n");
  scene.open();
  scene.drain();  // the file is open and announced; the only batch is on its way
  CHECK(scene.supply.lines().empty());
  Scene::compress(scene.rotate("b1\n"));
  scene.supply.hold = false;
  scene.supply.release();
  CHECK(scene.news() == Lines{"a1", "a2", "b1"});
}

TEST_CASE("an old archive that is put back beside a live log is history, not news") {
  Scene scene;
  write_text(scene.log(), "a\n");
  scene.open();
  CHECK(scene.news() == Lines{"a"});
  write_text(scene.dir / "audit-2026-11-24T08-00-00.000.log", "old\n");
  CHECK(scene.news().empty());
  scene.rotate("b\n");
  CHECK(scene.news() == Lines{"b"});
}

TEST_CASE("truncation: the new content is read from its start, and it is told") {
  Scene scene;
  write_text(scene.log(), "old one\nold two\n");
  scene.open();
  scene.drain();
  SECTION("to less than was read") {
    write_text(scene.log(), "new\n");
  }
  SECTION("to more than was read") {
    write_text(scene.log(), "new\n" + std::string(3000, 'x') + "\n");
  }
  SECTION("to just as much") {
    write_text(scene.log(), "new\nabcdefghijk\n");
  }
  const Lines lines = scene.news();
  REQUIRE(lines.size() >= 3);
  CHECK(lines[2] == "new");
  CHECK(scene.supply.notices() == Lines{"source.truncated"});
  CHECK(scene.source->counters().streams.truncations.get() == 1);
  append_text(scene.log(), "newer\n");
  CHECK(scene.news() == Lines{"newer"});
}

TEST_CASE("copytruncate: the rest is read from the copy, then the new content; nothing twice") {
  Scene scene;
  write_text(scene.log(), "one\ntwo\n");
  scene.open();
  scene.drain();
  append_text(scene.log(), "three\n");
  const std::string copy = GENERATE(std::string("audit.log.1"), std::string("audit.log-20261124"));
  fs::copy_file(scene.log(), scene.dir / copy);
  append_text(scene.log(), "in neither\n");
  fs::resize_file(scene.log(), 0);
  append_text(scene.log(), "four\n");
  CHECK(scene.news() == Lines{"one", "two", "three", "four"});
  // Nobody but the writer knows whether there was anything between the two.
  CHECK(scene.supply.gaps() == Lines{"source.truncated audit.log from 8"});
  append_text(scene.log(), "five\n");
  CHECK(scene.news() == Lines{"five"});
  CHECK(scene.supply.marks().size() == 1);
  scene.restart();
  append_text(scene.log(), "six\n");
  CHECK(scene.news() == Lines{"six"});
}

TEST_CASE(
    "a log that is emptied and then rotated or removed before we looked is read all the same") {
  Scene scene;
  write_text(scene.log(), "one\n");
  scene.open();
  scene.drain();
  append_text(scene.log(), "two\n");
  fs::copy_file(scene.log(), scene.dir / "audit.log.1");
  fs::resize_file(scene.log(), 0);
  append_text(scene.log(), "three\n");
  const bool is_rotated = GENERATE(true, false);
  if (is_rotated) {
    scene.rotate("four\n");
  } else {
    fs::remove(scene.log());
    write_text(scene.log(), "four\n");
  }
  CHECK(scene.news() == Lines{"one", "two", "three", "four"});
}

TEST_CASE("a line that comes as a file that was left is let go of is read at once") {
  Scene scene;
  write_text(scene.log(), "one\n");
  scene.open();
  scene.drain();
  fs::rename(scene.log(), scene.dir / "audit.log.1");
  write_text(scene.log(), "two\n");
  CHECK(scene.news() == Lines{"one", "two"});
  append_text(scene.log(), "three\n");
  scene.clock.advance(std::chrono::seconds(61));
  CHECK(scene.news() == Lines{"three"});
  CHECK(scene.supply.marks().size() == 1);
}

TEST_CASE("the hole that a writer leaves after copytruncate is skipped and counted") {
  Scene scene;
  write_text(scene.log(), std::string(5000, 'a') + "\n");
  scene.open();
  scene.drain();
  fs::resize_file(scene.log(), 0);
  fs::resize_file(scene.log(), 700'000);  // the writer kept its offset: the file is sparse
  append_text(scene.log(), "after the hole\n");
  const Lines lines = scene.news();
  CHECK(lines.back() == "after the hole");
  CHECK(lines.size() == 2);
  CHECK(scene.source->counters().streams.read.nul_bytes.get() == 700'000);
  CHECK(scene.supply.history.back().records.back().offset == 700'000);
}

TEST_CASE("what is not a regular file is refused without waiting, and told once") {
  Scene scene;
  SECTION("a FIFO") {
    REQUIRE(::mkfifo(scene.log().c_str(), 0600) == 0);
  }
  SECTION("a folder") {
    fs::create_directory(scene.log());
  }
  scene.open();
  CHECK(scene.news().empty());
  scene.reconcile();
  CHECK(scene.supply.notices() == Lines{"source.unreadable"});
  fs::remove(scene.log());
  write_text(scene.log(), "now\n");
  CHECK(scene.news() == Lines{"now"});
}

TEST_CASE(
    "a broken packed file is told, what came before the damage is read, and reading goes on") {
  Scene scene;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i * 7919) + "\n";
  const std::string packed = scene.rotated_name() + ".gz";
  pack(packed, text);
  const auto size = fs::file_size(packed);
  fs::resize_file(packed, size / 2);
  write_text(scene.log(), "live\n");
  scene.open();
  const Lines lines = scene.news();
  REQUIRE(lines.size() > 1000);
  CHECK(lines[0] == "line 0");
  CHECK(lines.back() == "live");
  CHECK(scene.supply.notices() == Lines{"source.unreadable"});
}

TEST_CASE("an end is told once: when it is reached, not at each look") {
  Scene scene;
  scene.options.batch_bytes = 64;
  write_text(scene.log(), std::string(31, 'a') + "\n" + std::string(31, 'b') + "\n");
  scene.open();
  scene.drain();
  CHECK(scene.supply.history.back().at_end);
  const std::size_t batches = scene.supply.history.size();
  scene.reconcile();
  scene.reconcile();
  CHECK(scene.supply.history.size() == batches);
}

}  // namespace nodeportd::test
