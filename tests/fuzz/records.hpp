#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/hold.hpp"
#include "fuzz/memory_file.hpp"
#include "source/container_lines.hpp"
#include "source/file_reader.hpp"

namespace nodeportd::fuzz {

// What was read of a log, in a form that can be compared.
struct Read {
  struct OneRecord {
    std::string text;
    std::uint64_t offset = 0;
    bool oversize = false;
    bool operator==(const OneRecord&) const = default;
  };
  struct Figures {
    std::uint64_t nul_bytes = 0;
    std::uint64_t skipped = 0;
    std::uint64_t oversize = 0;
    bool operator==(const Figures&) const = default;
  };
  std::vector<OneRecord> records;
  Figures figures;

  void add(const std::vector<Record>& found) {
    for (const Record& record : found) {
      records.push_back({std::string(record.text), record.offset, record.oversize});
    }
  }
};

// The records of a complete log that is in memory at once.
inline Read read_whole(std::string_view text, std::uint64_t max_line) {
  ReadBytes bytes(text.begin(), text.end());
  std::vector<Record> records;
  const Framing framing =
      frame_lines(bytes, 0, {.max_line = max_line, .last_line = LastLine::is_record}, records);
  unwrap_containers(bytes, records);
  cut_oversize(bytes, records);
  Read read;
  read.figures = {framing.nul_bytes, framing.skipped, framing.oversize};
  read.add(records);
  return read;
}

inline FileReader reader_of(const MemoryFile& file, LogFile::Form form) {
  auto log = LogFile::open(file.path(), form);
  hold(log.has_value(), "a regular file can be opened");
  return {std::move(*log), "log"};
}

// Reads on to the end of what is there; false if what was there cannot be read.
inline bool read_on(FileReader& reader, ReadLimits limits, Read& read) {
  constexpr int kTurnsMax = 100'000;
  ReadCounters counters;
  const auto add_figures = [&] {
    read.figures.nul_bytes += counters.nul_bytes.get();
    read.figures.skipped += counters.skipped.get();
    read.figures.oversize += counters.oversize.get();
  };
  for (int turn = 0; turn < kTurnsMax; ++turn) {
    Batch batch;
    ReadBytes wide;
    limits.wide = &wide;
    const Result<Reach> reach = reader.fill(batch, limits, counters);
    if (!reach || *reach == Reach::changed) {
      add_figures();
      return false;
    }
    hold(*reach != Reach::wants_room, "there is room for a long line");
    read.add(batch.records);
    if (*reach == Reach::end) {
      add_figures();
      return true;
    }
  }
  hold(false, "reading comes to an end");
  return false;
}

}  // namespace nodeportd::fuzz
