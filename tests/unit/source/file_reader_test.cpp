#include "source/file_reader.hpp"

#include <catch2/catch.hpp>

#include "unit/source/followed.hpp"

namespace nodeportd::test {
namespace {

Lines read_all(Scene& scene) {
  scene.open();
  return scene.news();
}

}  // namespace

TEST_CASE("lines of any length below max_line are whole, whatever the size of a batch") {
  Scene scene;
  scene.options.batch_bytes = GENERATE(64U, 4096U, 262'144U);
  Lines expected;
  std::string text;
  for (const std::size_t size :
       {1U, 63U, 64U, 65U, 4095U, 4096U, 70'000U, 5U, 300'000U, 1'900'000U, 6U}) {
    expected.emplace_back(size, static_cast<char>('a' + expected.size()));
    text += expected.back() + "\n";
  }
  write_text(scene.log(), text);
  CHECK(read_all(scene) == expected);
}

TEST_CASE("half a line whose place a whole one of its size took is not waited for") {
  Scene scene;
  write_text(scene.log(), "ha");
  CHECK(read_all(scene).empty());
  write_text(scene.log(), "b\n");
  CHECK(scene.news() == Lines{"b"});
}

TEST_CASE("only one batch at a time has a large buffer, and it gives it back") {
  Scene scene(4);
  scene.options.batch_bytes = 1024;
  scene.supply.hold = true;
  std::string text;
  for (int i = 0; i < 3; ++i) text += std::string(500'000, 'x') + "\n";
  write_text(scene.log(), text);
  scene.open();
  scene.drain();
  CHECK(scene.supply.lines().size() == 1);  // the second waits for the first to come back
  for (int i = 0; i < 10; ++i) {
    scene.supply.release();
    scene.drain();
  }
  CHECK(scene.supply.lines().size() == 3);
  append_text(scene.log(), "small\n");
  scene.supply.largest = 0;
  scene.supply.hold = false;
  scene.supply.release();
  CHECK(scene.news().back() == "small");
  for (int i = 0; i < 8; ++i) {
    append_text(scene.log(), "small\n");
    scene.drain();
  }
  scene.supply.largest = 0;
  append_text(scene.log(), "small\n");
  scene.drain();
  CHECK(scene.supply.largest < 100'000);
}

TEST_CASE("a line longer than max_line is one marked record and hides nothing behind it") {
  Scene scene;
  scene.options.inputs[0].max_line = 100'000;
  scene.options.batch_bytes = 32'768;
  const bool finished_later = GENERATE(false, true);
  const bool comes_first = GENERATE(false, true);
  const std::string before = comes_first ? "" : "before\n";
  const std::string line = std::string(50'000, 'a') + std::string(200'000, 'b');
  write_text(scene.log(), before + line + (finished_later ? "" : "\nafter\n"));
  Lines lines = read_all(scene);
  if (finished_later) {
    CHECK(lines == (comes_first ? Lines{} : Lines{"before"}));
    CHECK(scene.supply.marks()[0].offset ==
          before.size());  // a crash now would begin the line anew
    append_text(scene.log(), "\nafter\n");
    const Lines rest = scene.news();
    lines.insert(lines.end(), rest.begin(), rest.end());
  }
  if (!comes_first) lines.erase(lines.begin());
  CHECK(lines == Lines{std::string(4096, 'a') + std::string(4096, 'b'), "after"});
  CHECK(scene.source->counters().streams.read.oversize.get() == 1);
  CHECK(scene.supply.largest <= 110'000);
  scene.restart();
  append_text(scene.log(), "later\n");
  CHECK(scene.news() == Lines{"later"});
}

TEST_CASE("a mark fits the file that it was made of, and no other") {
  const TempDir dir;
  const std::string path = dir / "f";
  const std::string text = std::string(1500, 'h') + "\n" + std::string(300, 't') + "\nrest\n";
  write_text(path, text);
  FileReader reader(*LogFile::open(path, LogFile::Form::plain), path);
  REQUIRE(reader.start_at(1802));
  FileMark mark;
  reader.sign(mark);
  CHECK(mark.head_size == 1024);
  CHECK(mark.tail_size == 256);

  const auto fits = [&](const std::string& content) {
    write_text(dir / "other", content);
    LogFile file = *LogFile::open(dir / "other", LogFile::Form::detect);
    return Footprint::find(file, mark)->has_value();
  };
  CHECK(fits(text));
  CHECK(fits(text + "more\n"));
  CHECK(fits(text.substr(0, 1802)));
  CHECK_FALSE(fits(text.substr(0, 1801)));
  std::string changed = text;
  changed[3] = 'x';  // in the head
  CHECK_FALSE(fits(changed));
  changed = text;
  changed[1700] = 'x';  // in the tail
  CHECK_FALSE(fits(changed));
  CHECK_FALSE(fits(""));

  pack(dir / "packed", text);
  LogFile packed = *LogFile::open(dir / "packed", LogFile::Form::detect);
  CHECK(packed.is_packed());
  CHECK(Footprint::find(packed, mark)->has_value());

  mark.tail_size = 4'000'000'000;  // a damaged row must not make us read that much
  CHECK_FALSE(fits(text));
}

TEST_CASE("a packed file is read in any steps, over members, and backwards") {
  const TempDir dir;
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + "\n";
  pack(dir / "a.gz", text.substr(0, 1000));
  pack(dir / "b.gz", text.substr(1000));
  write_text(dir / "both.gz", read_text(dir / "a.gz") + read_text(dir / "b.gz"));
  LogFile file = *LogFile::open(dir / "both.gz", LogFile::Form::detect);
  for (const std::uint64_t offset : {0U, 990U, 500U, 200'000U, 100U, 199'000U, 288'000U}) {
    std::string bytes(5000, '\0');
    const auto got = file.read_at(offset, bytes);
    REQUIRE(got.has_value());
    CHECK(bytes.substr(0, *got) == text.substr(offset, 5000));
  }
}

TEST_CASE("a packed file that unpacks to hours of work is given up") {
  const TempDir dir;
  // A gigabyte and more of one byte, by joining members: 1:1000.
  pack(dir / "member", std::string(64UL << 20U, 'x'));
  const std::string member = read_text(dir / "member");
  std::string bomb;
  for (int i = 0; i < 18; ++i) bomb += member;
  write_text(dir / "bomb.gz", bomb);
  LogFile file = *LogFile::open(dir / "bomb.gz", LogFile::Form::detect);
  std::string bytes(100, '\0');
  const auto got = file.read_at(17UL << 26U, bytes);
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().kind == ErrorKind::malformed);
}

}  // namespace nodeportd::test
