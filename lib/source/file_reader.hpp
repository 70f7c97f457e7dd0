#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/counter.hpp"
#include "base/result.hpp"
#include "model/batch.hpp"
#include "source/footprint.hpp"
#include "source/line_framer.hpp"
#include "source/log_file.hpp"

namespace nodeportd {

// What was read, over all files. Counted by the source's thread, read by any.
struct ReadCounters {
  Counter bytes;
  Counter records;
  Counter oversize;   // records longer than max_line
  Counter nul_bytes;  // skipped at the start of a line
  Counter skipped;    // lines of a container's standard error, which are no records
};

// How much to read at once, and what to make of the end.
struct ReadLimits {
  std::size_t batch_bytes = 0;
  std::uint64_t max_line = 0;
  // Taken in exchange for a batch's buffer when a record is larger than that; nullptr: not now.
  ReadBytes* wide = nullptr;
  using LastLine = nodeportd::LastLine;
  LastLine last_line = LastLine::waits;
};

// Where a read has come to.
enum class Reach {
  more,        // there may be more to read
  end,         // there is nothing behind it but perhaps half a record
  changed,     // what was read before is not there any more: truncated, or written anew
  wants_room,  // the next record needs a larger buffer than it may have
};

// Reads one file forward, whole records at a time. One thread.
class FileReader {
 public:
  // `path` is where the file was found.
  FileReader(LogFile file, std::string path)
      : FileReader(std::move(file), std::move(path), 0, {}) {}
  // Goes on from a mark whose footprint was found in the file.
  FileReader(LogFile file, std::string path, std::uint64_t offset, Footprint footprint)
      : file_(std::move(file)),
        path_(std::move(path)),
        footprint_(std::move(footprint)),
        offset_(offset) {}

  // Fills the cleared batch's bytes and records with what comes next. Without records, and with
  // Reach::more, it went on through bytes that make none: call it again.
  [[nodiscard]] Result<Reach> fill(Batch& batch, const ReadLimits& limits, ReadCounters& counters);

  [[nodiscard]] LogFile& file() { return file_; }
  [[nodiscard]] const LogFile& file() const { return file_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  void set_path(std::string path) { path_ = std::move(path); }
  // Of the first byte that is in no record yet.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  // The file's part of a mark.
  void sign(FileMark& mark) const;
  // Moves on to `offset` of a file that is read from there only. The bytes before it are known.
  [[nodiscard]] Result<void> start_at(std::uint64_t offset);

 private:
  struct Block {
    std::size_t size = 0;
    bool is_last = false;  // the file had no more when it was read
  };
  // The next bytes from `position` on, at most `want`, into the batch.
  [[nodiscard]] Result<Block> read_block(Batch& batch, std::uint64_t position, std::size_t want);
  // Whether the bytes before the offset are those that were read, and none was taken away.
  [[nodiscard]] Result<bool> is_unchanged();
  // Whether the half record of the last look is still one; saves reading all of it each time.
  [[nodiscard]] Result<bool> is_still_half(Batch& batch, const ReadLimits& limits);
  [[nodiscard]] Result<bool> goes_on(OpenRecord& half, Batch& batch, const ReadLimits& limits);
  [[nodiscard]] Result<Reach> fill_lines(Batch& batch, const ReadLimits& limits,
                                         ReadCounters& counters);
  [[nodiscard]] Result<Reach> fill_long_line(Batch& batch, const ReadLimits& limits,
                                             ReadCounters& counters);
  void book(Batch& batch, const Framing& framing, ReadCounters& counters);

  LogFile file_;
  std::string path_;
  Footprint footprint_;
  std::uint64_t offset_ = 0;
  std::optional<OpenRecord> half_;  // at the offset, when it was last looked at
  std::optional<LongLine> long_line_;
};

}  // namespace nodeportd
