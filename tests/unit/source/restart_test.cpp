#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

namespace fs = std::filesystem;

TEST_CASE("a restart goes on where the positions say, and repeats nothing when idle") {
  HalfRead scene;
  CHECK(scene.after_restart() == Lines{"a2", "a3"});
  for (int i = 0; i < 5; ++i) CHECK(scene.after_restart().empty());
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("rotations while the daemon is down: the rest, every file between, the live one") {
  HalfRead scene;
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) names.push_back(scene.rotate("live " + std::to_string(i) + "\n"));
  SECTION("plain") {}
  SECTION("the half read file packed and its plain form gone") {
    Scene::compress(names[0]);
  }
  SECTION("all packed") {
    for (const std::string& name : names) Scene::compress(name);
  }
  SECTION("plain and packed side by side") {
    for (const std::string& name : names) pack(name + ".gz", read_text(name));
  }
  SECTION("the packed form still being written beside the plain one") {
    for (const std::string& name : names) write_text(name + ".gz", "\x1f\x8b");
  }
  CHECK(scene.after_restart() == Lines{"a2", "a3", "live 0", "live 1", "live 2"});
  CHECK(scene.supply.notices().empty());
  append_text(scene.log(), "more\n");
  CHECK(scene.after_restart() == Lines{"more"});
}

TEST_CASE("the half read file is found again under any name in its folder") {
  HalfRead scene;
  fs::rename(scene.log(), scene.dir / "kept-by-somebody");
  write_text(scene.log(), "b1\n");
  CHECK(scene.after_restart() == Lines{"a2", "a3", "b1"});
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("a copy that was restored in its place is the same log") {
  HalfRead scene;
  fs::copy_file(scene.log(), scene.dir / "copy");
  fs::remove(scene.log());
  write_text(scene.dir / "takes its inode", "x");
  fs::rename(scene.dir / "copy", scene.log());
  CHECK(scene.after_restart() == Lines{"a2", "a3"});
  CHECK(scene.supply.marks().size() == 1);
}

TEST_CASE("a new file with the old one's inode is read from its start") {
  HalfRead scene;
  // The same inode for certain, whatever the file system does with freed ones.
  const std::string text = GENERATE(std::string("new\n"), "new\n" + std::string(500, 'n') + "\n");
  write_text(scene.log(), text);
  const Lines lines = scene.after_restart();
  REQUIRE_FALSE(lines.empty());
  CHECK(lines[0] == "new");
  CHECK(scene.supply.notices() == Lines{"source.truncated"});
}

TEST_CASE("copytruncate while the daemon is down: the rest of the copy, then the new content") {
  HalfRead scene;
  const bool is_packed = GENERATE(false, true);
  const std::string copy = scene.dir / "audit.log.1";
  fs::copy_file(scene.log(), copy);
  if (is_packed) Scene::compress(copy);
  append_text(scene.log(), "in neither\n");
  write_text(scene.log(), "b1\n");
  CHECK(scene.after_restart() == Lines{"a2", "a3", "b1"});
  CHECK(scene.supply.gaps() == Lines{"source.truncated audit.log from 304"});
}

TEST_CASE("of a file with two marks the further one stays, wherever the next kill falls") {
  HalfRead scene;
  scene.restart();
  scene.drain();
  append_text(scene.log(), "a4\n");
  fs::copy_file(scene.log(), scene.dir / "audit.log.1");
  write_text(scene.log(), "");
  scene.drain();
  // Killed when the copy was read and the log's mark was still that of before.
  std::vector<Handed>& history = scene.supply.history;
  const auto last = std::find_if(history.begin(), history.end(),
                                 [](const Handed& each) { return each.lines == Lines{"a4"}; });
  REQUIRE(last != history.end());
  history.erase(last + 1, history.end());
  CHECK(scene.after_restart().empty());
  std::vector<std::vector<FileMark>> kills;
  for (std::size_t n = 0; n <= history.size(); ++n) kills.push_back(scene.supply.marks_after(n));
  CHECK(kills.size() > 2);
  for (const std::vector<FileMark>& marks : kills) {
    scene.source.reset();
    scene.supply.reset();
    history.clear();
    scene.open(marks);
    scene.drain();
    CHECK(scene.supply.lines() == Lines{});
  }
}

TEST_CASE("of the marks of a start that reads on in a copy one is the newest, after each batch") {
  HalfRead scene;
  fs::copy_file(scene.log(), scene.dir / "audit.log.1");
  fs::resize_file(scene.log(), 0);
  CHECK(scene.after_restart() == Lines{"a2", "a3"});
  REQUIRE(scene.supply.history.size() > 2);
  for (std::size_t batches = 0; batches <= scene.supply.history.size(); ++batches) {
    std::vector<std::uint64_t> turns;
    for (const FileMark& mark : scene.supply.marks_after(batches)) turns.push_back(mark.turn);
    std::sort(turns.begin(), turns.end());
    CHECK(std::adjacent_find(turns.begin(), turns.end()) == turns.end());
  }
}

TEST_CASE("a packed file whose inode the log has now was rotated, not truncated") {
  HalfRead scene;
  const std::string old = scene.rotate("");
  Scene::compress(old);
  fs::remove(scene.log());
  // The mark is of the inode that the live file will have.
  write_text(scene.log(), "b1\n");
  std::vector<FileMark> marks = scene.supply.marks();
  for (FileMark& mark : marks) mark.inode = file_id_of(scene.log())->inode;
  scene.supply.reset();
  scene.supply.forget_history();
  scene.open(marks);
  CHECK(scene.news() == Lines{"a2", "a3", "b1"});
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("a half read file that is nowhere is told, with what is known of it") {
  HalfRead scene;
  const std::string gone = scene.rotate("b1\n");
  scene.rotate("c1\n");
  fs::remove(gone);
  CHECK(scene.after_restart() == Lines{"b1", "c1"});
  CHECK(scene.supply.notices() == Lines{"source.lines_lost"});
  const Notice& notice = [&]() -> const Notice& {
    for (const Handed& each : scene.supply.history) {
      if (!each.notices.empty()) return each.notices[0];
    }
    throw std::runtime_error("no notice");
  }();
  CHECK(notice.facts == std::vector<std::pair<std::string, std::string>>{
                            {"source", scene.log()}, {"file", scene.log()}, {"offset", "304"}});
  // It is told once: the position is gone with it.
  CHECK(scene.after_restart().empty());
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("files that were read before the lost one are not read again") {
  Scene scene;
  write_text(scene.log(), "a\n");
  scene.open();
  scene.drain();
  scene.rotate("b\n");
  CHECK(scene.news() == Lines{"a", "b"});
  for (int i = 0; i < 8; ++i) scene.reconcile();  // the first file's position is forgotten
  scene.source.reset();
  const std::string lost = scene.rotate("c\n");
  fs::remove(lost);
  scene.restart();
  CHECK(scene.news() == Lines{"c"});
}

TEST_CASE("positions that come before there is any file wait for it") {
  HalfRead scene;
  fs::rename(scene.log(), scene.dir / "elsewhere");  // as a mount that comes late
  const std::vector<FileMark> before = scene.supply.marks();
  CHECK(scene.after_restart().empty());
  REQUIRE(scene.supply.marks().size() == before.size());
  CHECK(scene.supply.marks()[0].offset == before[0].offset);
  fs::rename(scene.dir / "elsewhere", scene.log());
  CHECK(scene.news() == Lines{"a2", "a3"});
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("copytruncate and a rename while the daemon is down are told as one without the rename") {
  HalfRead scene;
  fs::copy_file(scene.log(), scene.dir / "audit.log.1");
  append_text(scene.log(), "in neither\n");
  fs::resize_file(scene.log(), 0);
  fs::rename(scene.log(), scene.dir / "moved");
  write_text(scene.log(), "b1\n");
  CHECK(scene.after_restart() == Lines{"a2", "a3", "b1"});
  CHECK(scene.supply.gaps() == Lines{"source.truncated audit.log from 304"});
}

TEST_CASE("a rotated file that is gone is not called rewritten for its inode's new file") {
  HalfRead scene;
  const std::string old = scene.rotate("b1\n");
  CHECK(scene.after_restart() == Lines{"a2", "a3", "b1"});
  append_text(old, "late\n");
  std::vector<FileMark> marks = {scene.supply.marks()};
  std::erase_if(marks, [&](const FileMark& mark) { return mark.path != old; });
  REQUIRE(marks.size() == 1);
  fs::remove(old);
  marks[0].inode = file_id_of(scene.log())->inode;
  scene.supply.reset();
  scene.supply.forget_history();
  scene.open(marks);
  scene.drain();
  REQUIRE(scene.supply.gaps().size() == 1);
  CHECK(scene.supply.gaps()[0].starts_with("source.lines_lost audit-"));
}

TEST_CASE(
    "a kill after any batch of a start loses nothing of a file that was left and then packed") {
  HalfRead scene;
  const std::string old = scene.rotate("b1\n");
  CHECK(scene.after_restart() == Lines{"a2", "a3", "b1"});
  scene.source.reset();
  append_text(old, "late\n");
  Scene::compress(old);
  const std::vector<FileMark> marks = scene.supply.marks();
  int late = 0;
  for (std::size_t batches = 0;; ++batches) {
    scene.supply.reset();
    scene.supply.history.clear();
    scene.supply.before.clear();
    scene.open(marks);
    scene.drain();
    for (const FileMark& mark : marks) {
      scene.supply.before[{mark.stream, mark.device, mark.inode}] = mark;
    }
    const bool is_whole = batches >= scene.supply.history.size();
    scene.supply.history.resize(std::min(batches, scene.supply.history.size()));
    Lines lines = scene.supply.lines();
    scene.restart();
    for (const std::string& line : scene.news()) lines.push_back(line);
    CHECK(lines == Lines{"late"});
    late += static_cast<int>(lines.size());
    if (is_whole) break;
  }
  CHECK(late > 2);
}

TEST_CASE("a kill with half a line read gives the line once, whole") {
  Scene scene;
  write_text(scene.log(), "one\nhal");
  scene.open();
  CHECK(scene.news() == Lines{"one"});
  scene.restart();
  append_text(scene.log(), "f\n");
  CHECK(scene.news() == Lines{"half"});
}

TEST_CASE("equal beginnings are no identity: empty, short and header-sharing files are all read") {
  Scene scene;
  const std::string text =
      GENERATE(std::string(), std::string("same\n"), std::string(2000, 'h') + "\n");
  write_text(scene.log(), text);
  scene.open();
  scene.drain();
  scene.source.reset();
  // The next file begins alike and goes on differently.
  const std::string old = scene.rotate(text + "b2\n");
  append_text(old, "a2\n");
  scene.restart();
  Lines expected = {"a2"};
  if (!text.empty()) expected.push_back(text.substr(0, text.size() - 1));
  expected.emplace_back("b2");
  CHECK(scene.news() == expected);
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("of an unread file its inode says nothing: what was rotated meanwhile is read first") {
  Scene scene;
  write_text(scene.log(), "");
  scene.open();
  scene.drain();
  scene.source.reset();
  append_text(scene.log(), "a\n");
  const std::string rotated = scene.rotated_name();
  fs::copy_file(scene.log(), rotated);  // then the live file has the inode of the one marked
  write_text(scene.log(), "b\n");
  scene.restart();
  CHECK(scene.news() == Lines{"a", "b"});
  CHECK(scene.supply.notices().empty());
}

TEST_CASE("a file that was rotated while we looked is not read again after a restart") {
  Scene scene;
  write_text(scene.log(), "a\n");
  scene.open();
  scene.drain();
  // The look began before the rotation that it finds: the clock stands at 09:00:00.000.
  fs::rename(scene.log(), scene.dir / "audit-2026-11-24T09-00-00.001.log");
  write_text(scene.log(), "");
  CHECK(scene.news() == Lines{"a"});
  CHECK(scene.source->counters().streams.rotations.get() == 1);
  scene.clock.advance(std::chrono::seconds(1));
  scene.restart();
  CHECK(scene.news().empty());
  append_text(scene.log(), "b\n");
  CHECK(scene.news() == Lines{"b"});
}

TEST_CASE("a log that was waited for is not new after a restart: what came meanwhile is read") {
  Scene scene;
  scene.options.inputs[0].start = SourceOptions::Input::Start::end;
  scene.open();
  scene.drain();
  scene.source.reset();
  scene.clock.advance(std::chrono::minutes(1));
  write_text(scene.log(), "a\n");
  scene.rotate("b\n");
  scene.restart();
  CHECK(scene.news() == Lines{"a", "b"});
  CHECK(scene.supply.marks().size() == 2);  // the first lingers; nothing of the waiting is left
}

TEST_CASE("a backlog of packed files is gone through, and a kill in any of them repeats nothing") {
  Scene scene;
  scene.options.batch_bytes = 256;
  write_text(scene.log(), "");
  Lines expected;
  for (int file = 0; file < 6; ++file) {
    for (int line = 0; line < 20; ++line) {
      expected.push_back("file " + std::to_string(file) + " line " + std::to_string(line) + ' ' +
                         std::string(40, 'x'));
      append_text(scene.log(), expected.back() + "\n");
    }
    Scene::compress(scene.rotate());
  }
  scene.open();
  Lines got;
  std::uint64_t restarts = 0;
  for (bool done = false; !done;) {
    scene.supply.hold = true;  // four batches a life
    scene.drain();
    const Lines lines = scene.supply.lines();
    got.insert(got.end(), lines.begin(), lines.end());
    done = lines.empty() && ++restarts > 3;
    if (!lines.empty()) restarts = 0;
    scene.supply.release();
    scene.restart();
  }
  CHECK(got == expected);
}

}  // namespace nodeportd::test
