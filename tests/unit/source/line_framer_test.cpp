#include "source/line_framer.hpp"

#include <catch2/catch.hpp>

namespace nodeportd {

using namespace std::string_literals;

TEST_CASE("bytes become records by their newlines alone") {
  struct Row {
    std::string bytes;
    std::vector<std::pair<std::string, std::uint64_t>> records;  // text and offset
    std::size_t consumed;
    std::uint64_t nuls;
  };
  const auto row = GENERATE(values<Row>({
      {"", {}, 0, 0},
      {"half", {}, 0, 0},
      {"a\n", {{"a", 100}}, 2, 0},
      {"a\nbc\nd", {{"a", 100}, {"bc", 102}}, 5, 0},
      {"\n\na\n", {{"a", 102}}, 4, 0},
      {"a\r\nb\r\n", {{"a", 100}, {"b", 103}}, 6, 0},
      {"\r\na\rb\n", {{"a\rb", 102}}, 6, 0},
      {"\0\0\0"s, {}, 3, 3},
      {"\0\0a\n"s, {{"a", 102}}, 4, 2},
      {"a\n\0\0b"s, {{"a", 100}}, 4, 2},
      {"a\0b\n"s, {{"a\0b"s, 100}}, 4, 0},
      {"\0\n\0a\n"s, {{"a", 103}}, 5, 2},
  }));
  CAPTURE(row.bytes);
  std::string bytes = row.bytes;
  std::vector<Record> records;
  const Framing framing = frame_lines(bytes, 100, {.max_line = 1000}, records);
  CHECK(framing.consumed == row.consumed);
  CHECK(framing.nul_bytes == row.nuls);
  REQUIRE(records.size() == row.records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CHECK(records[i].text == row.records[i].first);
    CHECK(records[i].offset == row.records[i].second);
    CHECK(records[i].index == 0);
    CHECK_FALSE(records[i].oversize);
  }
}

TEST_CASE("a line longer than max_line is one record that keeps both ends") {
  std::string bytes = "ok\n" + std::string(5000, 'a') + std::string(5000, 'b') + "\nok\n";
  std::vector<Record> records;
  const Framing framing = frame_lines(bytes, 0, {.max_line = 9999}, records);
  CHECK(framing.oversize == 1);
  REQUIRE(records.size() == 3);
  cut_oversize(bytes, records);
  CHECK(records[1].oversize);
  CHECK(records[1].text == std::string(4096, 'a') + std::string(4096, 'b'));
  CHECK(records[1].offset == 3);
  CHECK(records[2].text == "ok");

  std::string exact = std::string(9999, 'a') + "\n";
  records.clear();
  CHECK(frame_lines(exact, 0, {.max_line = 9999}, records).oversize == 0);
}

TEST_CASE("a last line without a newline is a record of a complete file") {
  std::string bytes = "\0\0last"s;
  std::vector<Record> records;
  const Framing framing =
      frame_lines(bytes, 10, {.max_line = 100, .last_line = LastLine::is_record}, records);
  CHECK(framing.consumed == 6);
  REQUIRE(records.size() == 1);
  CHECK(records[0].text == "last");
  CHECK(records[0].offset == 12);
}

TEST_CASE("a long line that goes by leaves its ends, whatever the pieces") {
  std::string line;
  for (int i = 0; line.size() < 20'000; ++i) line += std::to_string(i) + ' ';
  const std::size_t piece = GENERATE(1U, 7U, 4095U, 4096U, 4097U, 30'000U);
  const std::string bytes = line + "\nnext";
  LongLine long_line(500, RecordForm::line);
  bool whole = false;
  for (std::size_t at = 0; !whole && at < bytes.size();) {
    whole = long_line.take(std::string_view(bytes).substr(at, piece), LastLine::waits).has_value();
    at = long_line.position() - 500;
  }
  CHECK(whole);
  CHECK(long_line.position() == 500 + line.size() + 1);
  CHECK(long_line.first() == line.substr(0, 4096));
  CHECK(long_line.last() == line.substr(line.size() - 4096));
}

}  // namespace nodeportd
