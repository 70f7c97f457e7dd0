#include "source/file_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "source/container_lines.hpp"

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
  // What is written behind it from here on is news, which the kernel tells.
  std::uint64_t unread = want + 1;
  if (!file_.is_packed()) {
    const Result<LogFile::Extent> extent = file_.extent();
    if (!extent) return fail(extent.error());
    unread = extent->size - std::min(extent->size, position);
  }
  const std::size_t size = std::min<std::uint64_t>(want, unread);
  batch.bytes.resize(size);
  const Result<std::size_t> got = file_.read_at(position, batch.bytes);
  if (!got) return fail(got.error());
  batch.bytes.resize(*got);
  return Block{*got, size == unread || (*got < size && file_.has_ended())};
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
  if (limits.last_line == LastLine::is_record) half_.reset();
  if (!half_) return false;
  OpenRecord half = *std::exchange(half_, std::nullopt);
  const Result<LogFile::Extent> extent = file_.extent();
  if (!extent) return fail(extent.error());
  if (extent->size < offset_ + half.size) return false;
  // With its last byte: others of the same size may stand there now, and that end a line.
  const std::size_t seen = half.size - std::min<std::size_t>(half.size, 1);
  const Result<Block> block = read_block(batch, offset_ + seen, limits.batch_bytes);
  if (!block) return fail(block.error());
  const std::string_view bytes(batch.bytes.data(), block->size);
  half.size = seen + size_before_border(bytes, half.form);
  if (!block->is_last || half.size > limits.max_line) return false;
  if (find_line_end(bytes, half.form)) {
    if (!has_many_lines(half.form)) return false;
    const Result<bool> still = goes_on(half, batch, limits);
    if (!still || !*still) return still;
  }
  half_ = half;
  return true;
}

// Looks at the lines of a half record that became whole, if a batch can hold them.
Result<bool> FileReader::goes_on(OpenRecord& half, Batch& batch, const ReadLimits& limits) {
  const Result<Block> block = read_block(batch, offset_ + half.last_line, limits.batch_bytes);
  if (!block) return fail(block.error());
  half.size = half.last_line + block->size;
  return block->is_last && half.size <= limits.max_line &&
         is_still_open(half, {batch.bytes.data(), block->size});
}

Result<Reach> FileReader::fill(Batch& batch, const ReadLimits& limits, ReadCounters& counters) {
  const Result<bool> is_half = is_still_half(batch, limits);
  if (!is_half) return fail(is_half.error());
  if (*is_half) {
    batch.bytes.clear();
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
    const Result<Block> block = read_block(batch, offset_, want);
    if (!block) return fail(block.error());
    // After the read: whatever replaced the old bytes did so before this look, or after the read.
    const Result<bool> unchanged = is_unchanged();
    if (!unchanged) return fail(unchanged.error());
    if (!*unchanged) return Reach::changed;
    FramingLimits framing_limits{.max_line = limits.max_line};
    // A record that needs a larger buffer has it to itself.
    if (want > limits.batch_bytes) framing_limits.max_records = 1;
    if (block->is_last) framing_limits.last_line = limits.last_line;
    const Framing framing = frame_lines(batch.bytes, offset_, framing_limits, batch.records);
    const std::size_t rest = block->size - framing.consumed;
    if (framing.consumed > 0) {
      book(batch, framing, counters);
      const bool is_half = framing.open && framing.open->size <= limits.max_line;
      return block->is_last && (rest == 0 || is_half) ? Reach::end : Reach::more;
    }
    if (framing.open && framing.open->size > limits.max_line) {
      long_line_.emplace(offset_, framing.open->form);
      batch.bytes.clear();
      return Reach::more;
    }
    if (block->is_last) {
      half_ = framing.open;
      return Reach::end;
    }
    if (block->size < want) {  // it grew between the two calls, or is damaged behind the block
      std::array<char, 1> next{};
      const Result<std::size_t> got = file_.read_at(offset_ + block->size, next);
      if (!got) return fail(got.error());
      continue;
    }
    if (limits.wide == nullptr) return Reach::wants_room;
    if (want == limits.batch_bytes) batch.bytes.swap(*limits.wide);
    want = std::min(want * kGrowth, std::max<std::size_t>(limits.max_line, want) + kBorderMax);
  }
}

void FileReader::book(Batch& batch, const Framing& framing, ReadCounters& counters) {
  footprint_.pass({batch.bytes.data(), framing.consumed});
  if (framing.wrapped > 0) unwrap_containers(batch.bytes, batch.records);
  if (framing.oversize > 0) cut_oversize(batch.bytes, batch.records);
  offset_ += framing.consumed;
  counters.bytes.add(framing.consumed);
  counters.records.add(batch.records.size());
  counters.oversize.add(framing.oversize);
  counters.nul_bytes.add(framing.nul_bytes);
  counters.skipped.add(framing.skipped);
}

Result<Reach> FileReader::fill_long_line(Batch& batch, const ReadLimits& limits,
                                         ReadCounters& counters) {
  // Larger than the bytes that a long line may leave to be given again.
  const std::size_t want = std::max(limits.batch_bytes, kLongLineEnd);
  const Result<Block> block = read_block(batch, long_line_->position(), want);
  if (!block) return fail(block.error());
  const Result<bool> unchanged = is_unchanged();
  if (!unchanged) return fail(unchanged.error());
  if (!*unchanged) {
    long_line_.reset();
    return Reach::changed;
  }
  const std::optional<LineEnd> end = long_line_->take(
      {batch.bytes.data(), block->size}, block->is_last ? limits.last_line : LastLine::waits);
  batch.bytes.clear();
  if (!end) return block->is_last ? Reach::end : Reach::more;

  const std::string& first = long_line_->first();
  const std::string& last = long_line_->last();
  batch.bytes.insert(batch.bytes.end(), first.begin(), first.end());
  batch.bytes.insert(batch.bytes.end(), last.begin(), last.end());
  batch.records.push_back({.text = {batch.bytes.data(), batch.bytes.size()},
                           .offset = long_line_->start(),
                           .oversize = true});
  footprint_.pass(first);
  footprint_.pass(last);
  if (end->next > end->size) footprint_.pass("\n");
  counters.bytes.add(long_line_->position() - offset_);
  counters.records.add();
  counters.oversize.add();
  offset_ = long_line_->position();
  // A line that the file's end ends has nothing behind it.
  const bool is_end = block->is_last && end->next == block->size;
  long_line_.reset();
  return is_end ? Reach::end : Reach::more;
}

}  // namespace nodeportd
