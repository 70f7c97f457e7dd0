#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace nodeportd {

// Where the lines of a file begin, counted from 1; of gzip, of what it unpacks to. Eight bytes a
// line.
class LineIndex {
 public:
  // Kind not_found where there is no such file, io and malformed as Tape says.
  [[nodiscard]] static Result<LineIndex> read(const std::string& path);

  [[nodiscard]] std::size_t size() const { return starts_.size(); }
  // The line that the byte at `offset` is in.
  [[nodiscard]] std::size_t line_of(std::uint64_t offset) const;

  // The bytes from `offset` up to the beginning of `line`; fewer than that where they are over
  // `most`.
  [[nodiscard]] Result<std::string> text_before(std::size_t line, std::uint64_t offset,
                                                std::uint64_t most) const;

 private:
  explicit LineIndex(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::vector<std::uint64_t> starts_;
};

}  // namespace nodeportd
