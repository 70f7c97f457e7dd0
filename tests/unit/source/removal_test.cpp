#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

namespace fs = std::filesystem;

TEST_CASE("a rotated file that was seen and is removed before its turn is told") {
  Scene scene(1);
  scene.options.batch_bytes = 64;
  std::string text;
  for (int i = 0; i < 20; ++i) text += std::string(40, 'a') + "\n";
  write_text(scene.log(), text);
  scene.open();
  scene.supply.hold = true;  // the rest of the daemon is slow: one batch a turn
  const auto turn = [&] {
    scene.supply.release();
    scene.drain();
  };
  turn();
  scene.rotate("lost\n");
  const std::string second = scene.rotate("kept\n");
  for (int i = 0; i < 3; ++i) turn();
  fs::remove(second);
  for (int i = 0; i < 40; ++i) turn();
  CHECK(scene.supply.notices() == Lines{"source.lines_lost"});
  CHECK(scene.supply.lines().size() == 21);
  CHECK(scene.supply.lines().back() == "kept");
}

TEST_CASE("rotated files that came and went before we looked are told, each by its name") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  scene.drain();
  append_text(scene.log(), "a2\n");
  std::vector<std::string> names;
  for (const char* text : {"b\n", "c\n", "d\n", "e\n"}) names.push_back(scene.rotate(text));
  // As `--audit-log-maxbackup` does: the oldest, of which the first is still open here.
  const int removed = GENERATE(1, 2, 3);
  for (int i = 0; i < removed; ++i) fs::remove(names[static_cast<std::size_t>(i)]);
  const Lines all = {"b", "c", "d", "e"};
  Lines expected = {"a1", "a2"};
  expected.insert(expected.end(), all.begin() + removed - 1, all.end());
  CHECK(scene.news() == expected);
  Lines lost;
  for (const Handed& each : scene.supply.history) {
    for (const Notice& notice : each.notices) {
      CHECK(notice.rule == "source.lines_lost");
      lost.push_back(notice.facts.at(1).second);
    }
  }
  CHECK(lost == Lines(names.begin() + 1, names.begin() + removed));
  CHECK(scene.source->counters().streams.files_lost.get() == static_cast<unsigned>(removed - 1));
}

TEST_CASE("a log that was removed is not taken for one that was rotated after it, and removed") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  scene.drain();
  append_text(scene.log(), "a2\n");
  fs::remove(scene.log());
  write_text(scene.log(), "b\n");
  const std::string lost = scene.rotate("c\n");
  fs::remove(lost);
  CHECK(scene.news() == Lines{"a1", "a2", "c"});
  CHECK(scene.supply.gaps() == Lines{"source.lines_lost " + fs::path(lost).filename().string()});
}

TEST_CASE(
    "an empty log that was rotated and packed is not taken for one that was removed after it") {
  Scene scene;
  write_text(scene.log(), "");
  scene.open();
  scene.drain();
  const std::string first = scene.rotate("a\n");
  const std::string lost = scene.rotate("b\n");
  fs::remove(lost);
  Scene::compress(first);
  CHECK(scene.news() == Lines{"b"});
  CHECK(scene.supply.gaps() == Lines{"source.lines_lost " + fs::path(lost).filename().string()});
}

TEST_CASE("a log that was emptied and then removed is not taken for one that was rotated later") {
  Scene scene;
  write_text(scene.log(), "a1\n");
  scene.open();
  scene.drain();
  const bool is_copied = GENERATE(false, true);
  if (is_copied) fs::copy_file(scene.log(), scene.dir / "audit.log.1");
  fs::resize_file(scene.log(), 0);
  fs::remove(scene.log());
  CHECK(scene.news() == Lines{"a1"});
  write_text(scene.log(), "b\n");
  Scene::compress(scene.rotate("c\n"));
  CHECK(scene.news() == Lines{"b", "c"});
  CHECK(scene.supply.gaps() == Lines{"source.truncated audit.log from 3"});
}

TEST_CASE("a copy that is read on after a start, and removed, is not taken for the rotated log") {
  HalfRead scene;
  const std::string copy = scene.dir / "audit.log.1";
  fs::copy_file(scene.log(), copy);
  fs::resize_file(scene.log(), 0);
  scene.restart();  // which opens the copy, and reads nothing yet
  fs::remove(copy);
  append_text(scene.log(), "b\n");
  Scene::compress(scene.rotate("c\n"));
  CHECK(scene.news() == Lines{"a2", "a3", "b", "c"});
}

}  // namespace nodeportd::test
