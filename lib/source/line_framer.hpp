#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/batch.hpp"
#include "source/record_finder.hpp"

namespace nodeportd {

// What is kept of each end of a line that is longer than max_line.
constexpr std::size_t kLongLineEnd = 4096;

struct FramingLimits {
  std::uint64_t max_line = 0;
  std::size_t max_records = std::numeric_limits<std::size_t>::max();
  LastLine last_line = LastLine::waits;
};

struct Framing {
  std::size_t consumed = 0;        // bytes that are dealt with
  std::optional<OpenRecord> open;  // what follows them
  std::uint64_t nul_bytes = 0;     // of those consumed, skipped
  std::uint64_t skipped = 0;       // lines of a container's standard error
  std::uint64_t oversize = 0;      // records longer than max_line
  std::uint64_t wrapped = 0;       // records for unwrap_containers()
};

// Appends a record for each that is whole in `bytes`, which begin with one, at `offset` of their
// file. Records are views of `bytes`, as they stand there. A trailing CR is no part of the text, an
// empty line is no record, and NULs at the start of a line are skipped: `copytruncate` under a
// writer that keeps its offset leaves a hole. A record longer than `max_line` is marked oversize.
[[nodiscard]] Framing frame_lines(std::span<char> bytes, std::uint64_t offset,
                                  const FramingLimits& limits, std::vector<Record>& records);

// Cuts each oversize record down to its two ends, in place: `bytes` is what the records view.
void cut_oversize(std::span<char> bytes, std::vector<Record>& records);

// A line that is too long to be held: its two ends, gathered while it goes by.
class LongLine {
 public:
  LongLine(std::uint64_t start, RecordForm form) : form_(form), start_(start), position_(start) {}

  // Takes bytes from position() up to the line's end; what that was once it was reached. A few
  // bytes that may begin a border are left to be given again, unless the line ends with `bytes`.
  std::optional<LineEnd> take(std::string_view bytes, LastLine last_line);

  [[nodiscard]] std::uint64_t start() const { return start_; }
  // Of the next byte to take; where the next line begins once the end was reached.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] const std::string& first() const { return first_; }
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  void gather(std::string_view bytes);

  RecordForm form_;
  std::uint64_t start_;
  std::uint64_t position_;
  std::string first_;
  std::string last_;
};

}  // namespace nodeportd
