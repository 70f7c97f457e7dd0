#include "source/file_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace nodeportd {
namespace {

// A buffer that proved too small becomes this many times larger.
constexpr std::size_t kGrowth = 4;

}  // namespace

void FileReader::sign(FileMark& mark) const {
  mark.path = path_;
  mark.device = file_.id().device;
  mark.inode = file_.id().inode;
  mark.offset = offset_;
  footprint_.sign(mark);
}

Result<void> FileReader::start_at(std::uint64_t offset) {
  footprint_ = {};
  const auto pass = [this](std::uint64_t from, std::uint64_t to) -> Result<void> {
    std::string bytes(to - from, '\0');
    Result<std::size_t> got = file_.read_at(from, bytes);
    if (!got) return fail(got.error());
    if (*got < bytes.size()) return fail(ErrorKind::malformed, path_ + ": shorter than it was");
    footprint_.pass(bytes);
    return {};
  };
  const std::uint64_t head = std::min<std::uint64_t>(offset, Footprint::kHeadMax);
  if (auto done = pass(0, head); !done) return done;
  const std::uint64_t tail =
      std::max(head, offset - std::min<std::uint64_t>(offset, Footprint::kTailMax));
  if (auto done = pass(tail, offset); !done) return done;
  offset_ = offset;
  return {};
}

Result<FileReader::Block> FileReader::read_block(Batch& batch, std::uint64_t position,
                                                 std::size_t want) {
  std::size_t size = want;
  if (!file_.is_packed()) {
    // One byte more than there is: to learn that there is no more.
    const Result<LogFile::Extent> extent = file_.extent();
    if (!extent) return fail(extent.error());
    const std::uint64_t unread = extent->size - std::min(extent->size, position);
    size = std::min<std::uint64_t>(want, unread + 1);
  }
  batch.bytes.resize(size);
  const Result<std::size_t> got = file_.read_at(position, batch.bytes);
  if (!got) return fail(got.error());
  batch.bytes.resize(*got);
  return Block{*got, *got < size};
}

Result<bool> FileReader::is_unchanged() {
  if (file_.is_packed()) return true;
  if (long_line_) {
    const Result<LogFile::Extent> extent = file_.extent();
    if (!extent) return fail(extent.error());
    if (extent->size < long_line_->position()) return false;
  }
  const std::string& known = footprint_.tail();
  std::array<char, Footprint::kTailMax> now{};
  const Result<std::size_t> got =
      file_.read_at(offset_ - known.size(), std::span(now).first(known.size()));
  if (!got) return fail(got.error());
  return std::string_view(now.data(), *got) == known;
}

Result<bool> FileReader::is_still_half(Batch& batch, const ReadLimits& limits) {
  if (half_line_end_ <= offset_ || limits.last_line == ReadLimits::LastLine::is_record)
    return false;
  const std::uint64_t from = std::exchange(half_line_end_, 0);
  const Result<LogFile::Extent> extent = file_.extent();
  if (!extent) return fail(extent.error());
  if (extent->size < from) return false;
  const Result<Block> block = read_block(batch, from, limits.batch_bytes);
  if (!block) return fail(block.error());
  const bool is_half = block->is_last && from + block->size - offset_ <= limits.max_line &&
                       std::memchr(batch.bytes.data(), '\n', block->size) == nullptr;
  if (is_half) half_line_end_ = from + block->size;
  batch.bytes.clear();
  return is_half;
}

Result<Reach> FileReader::fill(Batch& batch, const ReadLimits& limits, ReadCounters& counters) {
  const Result<bool> is_half = is_still_half(batch, limits);
  if (!is_half) return fail(is_half.error());
  if (*is_half) {
    const Result<bool> unchanged = is_unchanged();
    if (!unchanged) return fail(unchanged.error());
    return *unchanged ? Reach::end : Reach::changed;
  }
  Result<Reach> reach =
      long_line_ ? fill_long_line(batch, limits, counters) : fill_lines(batch, limits, counters);
  if (!reach || *reach == Reach::changed || *reach == Reach::wants_room) {
    batch.bytes.clear();
    batch.records.clear();
  }
  return reach;
}

Result<Reach> FileReader::fill_lines(Batch& batch, const ReadLimits& limits,
                                     ReadCounters& counters) {
  for (std::size_t want = limits.batch_bytes;;) {
    Result<Block> block = read_block(batch, offset_, want);
    if (!block) return fail(block.error());
    if (want > limits.batch_bytes) keep_first_line(batch, *block);
    // After the read: whatever replaced the old bytes did so before this look, or after the read.
    const Result<bool> unchanged = is_unchanged();
    if (!unchanged) return fail(unchanged.error());
    if (!*unchanged) return Reach::changed;
    const std::span<char> bytes(batch.bytes.data(), block->size);
    Framing framing = frame_lines(bytes, offset_, limits.max_line, batch.records);
    const std::span<char> rest = bytes.subspan(framing.consumed);
    if (rest.size() > limits.max_line && framing.consumed == 0) {
      long_line_.emplace(offset_);
      batch.bytes.clear();
      return Reach::more;
    }
    if (block->is_last && limits.last_line == ReadLimits::LastLine::is_record && !rest.empty() &&
        rest.size() <= limits.max_line) {
      const Framing last =
          frame_last_line(rest, offset_ + framing.consumed, limits.max_line, batch.records);
      framing.consumed += last.consumed;
      framing.nul_bytes += last.nul_bytes;
      framing.oversize += last.oversize;
    }
    if (framing.consumed > 0) {
      book(batch, framing, counters);
      const bool is_end = block->is_last && bytes.size() - framing.consumed <= limits.max_line;
      return is_end ? Reach::end : Reach::more;
    }
    if (block->is_last) {
      half_line_end_ = offset_ + block->size;
      return Reach::end;
    }
    if (block->size < want) continue;  // it grew between the two calls
    if (!limits.may_grow) return Reach::wants_room;
    want = std::min(want * kGrowth, std::max<std::size_t>(limits.max_line, want) + 1);
  }
}

// A record that needs a larger buffer has it to itself.
void FileReader::keep_first_line(Batch& batch, Block& block) {
  const auto newline = std::find(batch.bytes.begin(), batch.bytes.end(), '\n');
  if (newline == batch.bytes.end() || newline + 1 == batch.bytes.end()) return;
  batch.bytes.erase(newline + 1, batch.bytes.end());
  block = {batch.bytes.size(), false};
}

void FileReader::book(Batch& batch, const Framing& framing, ReadCounters& counters) {
  footprint_.pass({batch.bytes.data(), framing.consumed});
  if (framing.oversize > 0) cut_oversize(batch.bytes, batch.records);
  offset_ += framing.consumed;
  counters.bytes.add(framing.consumed);
  counters.records.add(batch.records.size());
  counters.oversize.add(framing.oversize);
  counters.nul_bytes.add(framing.nul_bytes);
}

Result<Reach> FileReader::fill_long_line(Batch& batch, const ReadLimits& limits,
                                         ReadCounters& counters) {
  const Result<Block> block = read_block(batch, long_line_->position(), limits.batch_bytes);
  if (!block) return fail(block.error());
  const Result<bool> unchanged = is_unchanged();
  if (!unchanged) return fail(unchanged.error());
  if (!*unchanged) {
    long_line_.reset();
    return Reach::changed;
  }
  const bool has_newline = long_line_->take({batch.bytes.data(), block->size});
  const bool is_over = block->is_last && limits.last_line == ReadLimits::LastLine::is_record;
  batch.bytes.clear();
  if (!has_newline && !is_over) return block->is_last ? Reach::end : Reach::more;

  const std::string& first = long_line_->first();
  const std::string& last = long_line_->last();
  batch.bytes.insert(batch.bytes.end(), first.begin(), first.end());
  batch.bytes.insert(batch.bytes.end(), last.begin(), last.end());
  batch.records.push_back({.text = {batch.bytes.data(), batch.bytes.size()},
                           .offset = long_line_->start(),
                           .oversize = true});
  footprint_.pass(first);
  footprint_.pass(last);
  if (has_newline) footprint_.pass("\n");
  counters.bytes.add(long_line_->position() - offset_);
  counters.records.add();
  counters.oversize.add();
  offset_ = long_line_->position();
  long_line_.reset();
  return block->is_last && !has_newline ? Reach::end : Reach::more;
}

}  // namespace nodeportd
