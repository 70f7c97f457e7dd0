// The splitter of lines: a log is cut into the same records however it is read and however it
// grew, and no byte of it is lost.
#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <vector>

#include "fuzz/hold.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/records.hpp"
#include "source/line_framer.hpp"

namespace nodeportd::fuzz {
namespace {

bool is_line_end(char byte) {
  return byte == '\n' || byte == '\r' || byte == '\0';
}

// What lies between two records: ends of lines, the hole that truncation leaves, and lines of a
// container's standard error.
void check_gap(std::string_view gap, bool has_skipped) {
  if (has_skipped) return;
  for (const char byte : gap) hold(is_line_end(byte), "no byte is lost between records");
}

void check_places(std::string_view text, const Framing& framing,
                  const std::vector<Record>& records) {
  hold(framing.consumed == text.size() && !framing.open, "a complete file is read to its end");
  std::size_t at = 0;
  for (const Record& record : records) {
    hold(record.offset >= at, "records stand in the order of the file");
    hold(!record.text.empty(), "an empty line is no record");
    check_gap(text.substr(at, record.offset - at), framing.skipped > 0);
    hold(text.substr(record.offset, record.text.size()) == record.text, "a record is as written");
    at = record.offset + record.text.size();
  }
  check_gap(text.substr(at), framing.skipped > 0);
}

// The records of a text no line of which may begin anything but a plain line; nullopt for others.
std::optional<std::vector<std::string>> plain_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of('\0')));
    if (text.empty()) break;
    constexpr std::string_view kCarriers = "{[0123456789\xEF";
    if (kCarriers.find(text.front()) != std::string_view::npos) return std::nullopt;
    std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

void check_plain_lines(std::string_view text, std::uint64_t max_line,
                       const std::vector<Record>& records) {
  const auto lines = plain_lines(text);
  if (!lines) return;
  std::size_t next = 0;
  for (const std::string& line : *lines) {
    const bool is_long = line.size() > max_line;
    const std::string_view kept =
        std::string_view(line).substr(0, line.size() - (!is_long && line.ends_with('\r') ? 1 : 0));
    if (kept.empty()) continue;
    hold(next < records.size() && records[next].text == kept, "each line is a record");
    hold(records[next++].oversize == is_long, "a line over max_line is marked, and no other");
  }
  hold(next == records.size(), "nothing but a line is a record");
}

// Reads the log while it is written, in pieces.
Read read_growing(std::string_view text, const std::vector<std::size_t>& pieces,
                  ReadLimits limits) {
  const MemoryFile file;
  FileReader reader = reader_of(file, LogFile::Form::plain);
  Read read;
  for (const std::size_t piece : pieces) {
    file.append(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    hold(read_on(reader, limits, read), "a log that only grows is read");
  }
  file.append(text);
  limits.last_line = LastLine::is_record;
  hold(read_on(reader, limits, read), "a log that only grew is read");
  return read;
}

void run(FuzzedDataProvider input) {
  ReadLimits limits;
  limits.batch_bytes = input.ConsumeIntegralInRange<std::size_t>(32, 700);
  limits.max_line = input.ConsumeIntegralInRange<std::uint64_t>(16, 12'000);
  std::vector<std::size_t> pieces(input.ConsumeIntegralInRange<std::size_t>(0, 7));
  for (std::size_t& piece : pieces) piece = input.ConsumeIntegralInRange<std::size_t>(0, 300);
  const std::string text = input.ConsumeRemainingBytesAsString();

  ReadBytes bytes(text.begin(), text.end());
  std::vector<Record> records;
  const Framing framing = frame_lines(
      bytes, 0, {.max_line = limits.max_line, .last_line = LastLine::is_record}, records);
  check_places(text, framing, records);
  check_plain_lines(text, limits.max_line, records);

  const Read whole = read_whole(text, limits.max_line);
  const Read grown = read_growing(text, pieces, limits);
  hold(grown.records == whole.records, "records do not depend on how a log grew and was read");
  hold(grown.figures == whole.figures, "figures do not depend on it either");
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({bytes, size});
  return 0;
}
