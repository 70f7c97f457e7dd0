#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/batch.hpp"

namespace nodeportd {

// What is kept of each end of a line that is longer than max_line.
constexpr std::size_t kLongLineEnd = 4096;

struct Framing {
  std::size_t consumed = 0;     // bytes that are dealt with; a half line follows them
  std::uint64_t nul_bytes = 0;  // of them, skipped
  std::uint64_t oversize = 0;   // records longer than max_line
};

// Appends a record for each line of `bytes` that its newline ends; `bytes` begin with a line, at
// `offset` of their file. Records are views of `bytes`. A trailing CR is no part of the text, an
// empty line is no record, and NULs at the start of a line are skipped: `copytruncate` under a
// writer that keeps its offset leaves a hole. A line longer than `max_line` is marked oversize.
[[nodiscard]] Framing frame_lines(std::span<char> bytes, std::uint64_t offset,
                                  std::uint64_t max_line, std::vector<Record>& records);

// The same for a last line that no newline will ever end.
[[nodiscard]] Framing frame_last_line(std::span<char> bytes, std::uint64_t offset,
                                      std::uint64_t max_line, std::vector<Record>& records);

// Cuts each oversize record down to its two ends, in place: `bytes` is what the records view.
void cut_oversize(std::span<char> bytes, std::vector<Record>& records);

// A line that is too long to be held: its two ends, gathered while it goes by.
class LongLine {
 public:
  explicit LongLine(std::uint64_t start) : start_(start), position_(start) {}

  // Takes bytes up to the newline; true once that was reached.
  bool take(std::string_view bytes);

  [[nodiscard]] std::uint64_t start() const { return start_; }
  // Of the next byte to take; behind the newline once that was reached.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] const std::string& first() const { return first_; }
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  std::uint64_t start_;
  std::uint64_t position_;
  std::string first_;
  std::string last_;
};

}  // namespace nodeportd
