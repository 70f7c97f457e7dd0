#include "daemon/engine/line_index.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/files.hpp"
#include "source/tape.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kBlock = 256UL * 1024;

Result<Tape> open_tape(const std::string& path) {
  Result<Fd> file = open_file(path, O_RDONLY);
  if (!file) return fail(file.error());
  return Tape(std::move(*file), path);
}

}  // namespace

Result<LineIndex> LineIndex::read(const std::string& path) {
  Result<Tape> tape = open_tape(path);
  if (!tape) return fail(tape.error());
  LineIndex index(path);
  std::vector<char> block(kBlock);
  bool is_start = true;
  for (std::uint64_t offset = 0;;) {
    const Result<std::size_t> got = tape->read_at(offset, block);
    if (!got) return fail(got.error());
    // Fewer than asked for may come before damage, too, which the next call tells.
    if (*got == 0) return index;
    for (std::size_t i = 0; i < *got; ++i) {
      if (is_start) index.starts_.push_back(offset + i);
      is_start = block[i] == '\n';
    }
    offset += *got;
  }
}

std::size_t LineIndex::line_of(std::uint64_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return static_cast<std::size_t>(after - starts_.begin());
}

Result<std::string> LineIndex::text_before(std::size_t line, std::uint64_t offset,
                                           std::uint64_t most) const {
  Result<Tape> tape = open_tape(path_);
  if (!tape) return fail(tape.error());
  std::string text(std::min(starts_[line - 1] - offset, most), '\0');
  const Result<std::size_t> got = tape->read_at(offset, text);
  if (!got) return fail(got.error());
  text.resize(*got);
  return text;
}

}  // namespace nodeportd
