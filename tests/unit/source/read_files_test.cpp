#include <unistd.h>

#include <catch2/catch.hpp>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

TEST_CASE("complete files are read in the given order, each its own stream, the last line too") {
  const TempDir dir;
  write_text(dir / "b.log", "b1\nb2 without newline");
  pack(dir / "a.log.gz", "a1\na2");
  write_text(dir / "empty", "");
  RecordingSupply supply(2);
  std::uint64_t bytes = 0;
  const ReadOptions options{.batch_bytes = GENERATE(4U, 262'144U)};
  const auto done = read_files({dir / "b.log", dir / "a.log.gz", dir / "empty"}, options, supply,
                               [&](std::uint64_t now) { bytes = now; });
  REQUIRE(done.has_value());
  CHECK(supply.lines() == Lines{"b1", "b2 without newline", "a1", "a2"});
  CHECK(bytes == 26);
  CHECK(supply.history.front().end.stream == dir / "b.log");
  CHECK(supply.history.back().end.stream == dir / "empty");
  CHECK(supply.history.back().stream == 2);
  CHECK(supply.history.back().at_end);
}

TEST_CASE("errors name the file") {
  const TempDir dir;
  RecordingSupply supply;
  const auto read = [&](const std::string& path) {
    return read_files({path}, {}, supply, [](std::uint64_t) {});
  };
  const auto missing = read(dir / "nothing");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().kind == ErrorKind::not_found);
  CHECK(missing.error().text.find(dir / "nothing") != std::string::npos);
  write_text(dir / "broken.gz", "\x1f\x8b broken");
  const auto broken = read(dir / "broken.gz");
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().kind == ErrorKind::malformed);
  CHECK(read(dir.path().string()).error().kind == ErrorKind::malformed);
}

TEST_CASE("a packed file whose end is lost is told of, behind what is there") {
  const TempDir dir;
  const bool is_large = GENERATE(false, true);  // than a batch
  std::string text;
  // Of many distinct letters, so that it packs badly: half of the file is about half of the lines.
  for (std::uint32_t i = 0; i < (is_large ? 2'000 : 40); ++i) {
    text += "line " + std::to_string(i * 2'654'435'761U) + '\n';
  }
  pack(dir / "f.gz", text);
  const std::string packed = read_text(dir / "f.gz");
  for (const std::size_t size : {packed.size() / 2, packed.size() - 1}) {
    write_text(dir / "cut.gz", packed.substr(0, size));
    RecordingSupply supply;
    const auto done =
        read_files({dir / "cut.gz"}, {.batch_bytes = 4096}, supply, [](std::uint64_t) {});
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().kind == ErrorKind::malformed);
    CHECK(!supply.lines().empty());
    for (const std::string& line : supply.lines()) CHECK(text.find(line + '\n') != text.npos);
  }
}

TEST_CASE("standard input is a file like any other, packed or not") {
  const TempDir dir;
  const bool is_packed = GENERATE(false, true);
  if (is_packed) {
    pack(dir / "in", "one\ntwo");
  } else {
    write_text(dir / "in", "one\ntwo");
  }
  const Fd kept(::dup(STDIN_FILENO));
  REQUIRE(std::freopen((dir / "in").c_str(), "r", stdin) != nullptr);
  RecordingSupply supply;
  const auto done = read_files({"-"}, {}, supply, [](std::uint64_t) {});
  ::dup2(kept.get(), STDIN_FILENO);
  REQUIRE(done.has_value());
  CHECK(supply.lines() == Lines{"one", "two"});
  CHECK(supply.history.back().end.stream == "-");
}

TEST_CASE("long records share one large buffer, and one beyond max_line is cut") {
  const TempDir dir;
  write_text(dir / "f", std::string(50'000, 'a') + "\n" + std::string(50'000, 'b') + "\n" +
                            std::string(150'000, 'c') + "\nd\n");
  RecordingSupply supply(2);
  supply.hold = true;
  const auto done = read_files({dir / "f"}, {.batch_bytes = 1024, .max_line = 100'000}, supply,
                               [](std::uint64_t) {});
  REQUIRE(done.has_value());
  REQUIRE(supply.lines().size() == 4);
  CHECK(supply.lines()[1] == std::string(50'000, 'b'));
  CHECK(supply.lines()[2] == std::string(8192, 'c'));
  CHECK(supply.lines()[3] == "d");
}

}  // namespace nodeportd::test
