// Where a stream begins: on its first day, and after a restart.

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "source/stream.hpp"

namespace nodeportd {
namespace {

// Of a file that cannot be opened too: what is unread in it is known all the same.
std::uint64_t size_of(const std::string& path) {
  struct stat status{};
  const bool is_file = ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  return is_file ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// The place behind the last newline: the line that is being written now is complete only later.
Result<std::uint64_t> last_line_start(LogFile& file, std::uint64_t max_line) {
  const Result<LogFile::Extent> extent = file.extent();
  if (!extent) return fail(extent.error());
  constexpr std::uint64_t kBlock = 64UL * 1024;
  std::string bytes;
  for (std::uint64_t end = extent->size; end > 0 && extent->size - end <= max_line;) {
    const std::uint64_t begin = end - std::min(end, kBlock);
    bytes.resize(end - begin);
    const Result<std::size_t> got = file.read_at(begin, bytes);
    if (!got) return fail(got.error());
    const std::size_t newline = bytes.rfind('\n');
    if (newline != std::string::npos) return begin + newline + 1;
    end = begin;
  }
  return extent->size <= max_line ? 0 : extent->size;
}

}  // namespace

void Stream::start(const StartPoint& point, std::uint64_t max_line, const Moment& now) {
  seen_ = now.wall;
  lineage_.refresh(seen_);
  if (point.kind == StartPoint::Kind::beginning) return;
  if (point.kind == StartPoint::Kind::end) {
    start_at_end(max_line, now);
    return;
  }
  std::vector<RotatedFile> skipped;
  for (const RotatedFile& file : lineage_.rotated()) {
    if (file.time >= point.since) continue;
    lineage_.settle(file);
    skipped.push_back(file);
  }
  tell_skipped(skipped, 0);
}

void Stream::start_at_end(std::uint64_t max_line, const Moment& now) {
  std::uint64_t skipped_bytes = 0;
  // Opened before the names are settled: what is rotated in between is still to be read.
  if (Result<LogFile> live = LogFile::open(path(), LogFile::Form::plain)) {
    const Result<std::uint64_t> offset = last_line_start(*live, max_line);
    FileReader reader(std::move(*live), path());
    if (offset && reader.start_at(*offset)) {
      skipped_bytes = *offset;
      lineage_.settle_all();
      install({.reader = std::move(reader)}, now);
    }
  }
  lineage_.settle_all();
  tell_skipped(lineage_.rotated(), skipped_bytes);
}

void Stream::tell_skipped(const std::vector<RotatedFile>& files, std::uint64_t live_bytes) {
  if (files.empty() && live_bytes == 0) return;
  std::uint64_t bytes = live_bytes;
  for (const RotatedFile& file : files) {
    bytes += size_of(file.is_plain ? file.path : file.packed_path());
  }
  Notice notice{"source.history_skipped",
                path() + ": " + std::to_string(files.size()) + " rotated files and " +
                    std::to_string(live_bytes) + " bytes of the log itself are not read",
                {{"source", path()},
                 {"files", std::to_string(files.size())},
                 {"bytes", std::to_string(bytes)}}};
  if (!files.empty()) {
    notice.facts.emplace_back("oldest", files.front().path);
    notice.facts.emplace_back("newest", files.back().path);
  }
  tell(std::move(notice));
}

void Stream::resume(std::vector<FileMark> marks, const Moment& now) {
  std::sort(marks.begin(), marks.end(),
            [](const FileMark& a, const FileMark& b) { return a.turn < b.turn; });
  const FileMark newest = marks.back();
  seen_ = newest.seen;
  turn_ = newest.turn;
  lineage_.refresh(seen_);
  // Nothing is there at all: a mount that comes late, perhaps. Nothing is lost before it is seen.
  const bool is_empty = lineage_.rotated().empty() && !file_id_of(path());
  std::optional<Searches> searches;
  if (!is_empty) searches = find_all(marks, now);
  if (!searches) {
    unresolved_ = std::move(marks);
    return;
  }

  // One reader a file, the furthest, in the order of turns.
  std::deque<Followed> found;
  bool is_newest_found = false;
  bool is_newest_told = false;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    FileMark& mark = marks[i];
    is_newest_told = !(*searches)[i];
    if (is_newest_told) {
      pass_over(mark, (*searches)[i].error());
      is_newest_found = false;
      continue;
    }
    std::optional<FileReader> reader = std::move(*(*searches)[i]);
    is_newest_found = reader.has_value();
    if (!reader) {
      obsolete_.push_back(std::move(mark));
      continue;
    }
    const FileId id = reader->file().id();
    if (is_emptied(mark, *reader)) tell_truncated(mark, reader->path());
    std::uint64_t furthest = mark.offset;
    std::erase_if(found, [&](Followed& each) {
      if (each.reader.file().id() != id) return false;
      if (each.reader.offset() > furthest) reader = std::move(each.reader);
      furthest = reader->offset();
      return true;
    });
    const bool is_moved = id != FileId{mark.device, mark.inode};
    if (is_moved) obsolete_.push_back(mark);
    // It is read on from its mark: under the name that it has now it is not news.
    if (const auto rotated = lineage_.rotated_at(reader->path())) lineage_.settle(*rotated);
    found.push_back({.reader = std::move(*reader), .turn = mark.turn, .quiet_since = now.mono});
    found.back().is_moved = is_moved;
  }
  std::optional<Followed> last;
  if (is_newest_found) {
    last = std::move(found.back());
    found.pop_back();
  }
  lingering_ = std::move(found);
  // Only now: another mark of the same file may be further, and the state must not fall behind it.
  // Not of the last, which gets a turn of its own: with that of its old mark no start could tell
  // which of the two is the newest.
  for (const Followed& each : lingering_) {
    if (each.is_moved) announce(mark_of(each), false);
  }
  if (!last) {
    settle_before(newest);
    if (!is_newest_told) tell_gone(newest);
    return;
  }
  settle_behind(last->reader.path(), newest);
  install(std::move(*last), now);
}

// Each mark's file. Nothing while one of them may be readable after all: taken for gone, it would
// be read anew.
std::optional<Stream::Searches> Stream::find_all(const std::vector<FileMark>& marks,
                                                 const Moment& now) {
  Searches searches;
  for (const FileMark& mark : marks) {
    // Of a file of which nothing was read, nothing but a reusable number is known: the time at
    // which it was seen says more about what to read.
    searches.push_back(mark.offset > 0 ? lineage_.find(mark) : std::optional<FileReader>());
    if (!searches.back() && is_worth_waiting(mark, searches.back().error(), now)) {
      return std::nullopt;
    }
  }
  return searches;
}

// The log itself is waited for, a rotated file for as long as when its turn comes later.
bool Stream::is_worth_waiting(const FileMark& mark, const Unreadable& found, const Moment& now) {
  if (!lineage_.is_log(found.path) && !may_pass(found.error, path(), now)) return false;
  tell_unreadable(mark.path, found.error.text);
  return true;
}

// Its mark stays: it is read on at the first start at which it may be, and never from its start.
void Stream::pass_over(const FileMark& mark, const Unreadable& found) {
  const auto rotated = lineage_.rotated_at(found.path);
  if (rotated) lineage_.settle(*rotated);
  const std::string file = rotated ? found.path : mark.path;
  counters_.files_lost.add();
  tell({"source.lines_lost",
        file + " cannot be read: what is unread of it is passed over until a start at which it can",
        {{"source", path()},
         {"file", file},
         {"offset", std::to_string(mark.offset)},
         {"error", found.error.text}}});
}

// Whether what was marked stands in a copy, and its own file is there and holds it no more. A file
// that was packed under a rotated name may have left its inode to the log of today.
bool Stream::is_emptied(const FileMark& mark, const FileReader& found) const {
  const FileId own{mark.device, mark.inode};
  if (found.file().id() == own || lineage_.rotated_at(found.path())) return false;
  return lineage_.names(own);
}

// What is older than the newest mark's file, which was found at `found`.
void Stream::settle_behind(const std::string& found, const FileMark& newest) {
  if (const auto rotated = lineage_.rotated_at(found)) {
    lineage_.settle_until(rotated->time);
  } else if (found == path()) {
    lineage_.settle_all();
  } else {
    lineage_.settle_until(newest.seen);
  }
}

// The same where it was not found.
void Stream::settle_before(const FileMark& newest) {
  const std::optional<RotatedFile> rotated = lineage_.rotated_at(newest.path);
  const bool is_untouched = newest.offset == 0;
  if (!rotated) {
    lineage_.settle_until(newest.seen);
  } else {
    lineage_.settle_until(is_untouched ? rotated->time - Micros(1) : rotated->time);
  }
}

// The file that was read last is not found: what was not read of it is lost, or was rewritten.
void Stream::tell_gone(const FileMark& newest) {
  const std::optional<RotatedFile> rotated = lineage_.rotated_at(newest.path);
  if (newest.offset == 0 && (!rotated || Lineage::is_there(*rotated))) return;
  const Result<FileId> there = file_id_of(newest.path);
  const bool is_rewritten =
      there && *there == FileId{newest.device, newest.inode} && lineage_.find(newest);
  counters_.files_lost.add();
  tell({is_rewritten ? "source.truncated" : "source.lines_lost",
        newest.path + (is_rewritten ? " holds other content than when it was left"
                                    : " is gone: what was not read of it is lost, if anything"),
        {{"source", path()}, {"file", newest.path}, {"offset", std::to_string(newest.offset)}}});
}

// What was written between the copying and the truncating is in neither file: whether anything was,
// its writer alone knows.
void Stream::tell_truncated(const FileMark& mark, const std::string& copy) {
  const std::string what =
      copy.empty() ? " was truncated or written anew: what was not read of it before is lost"
                   : " was copied to " + copy +
                         " and truncated: what was written between the two is lost, if anything";
  Notice notice{"source.truncated",
                mark.path + what,
                {{"source", path()}, {"file", mark.path}, {"offset", std::to_string(mark.offset)}}};
  if (!copy.empty()) notice.facts.emplace_back("copy", copy);
  tell(std::move(notice));
}

StreamStatus Stream::status() const {
  StreamStatus status;
  status.path = path();
  // What was there before may be held open still, by its writer too: nobody sees what is written
  // to the file that took its place.
  status.waiting = !current_ || (superseded_ && unreadable_.contains(path()));
  status.missing = is_missing_;
  status.at_end = told_at_end_ && !status.waiting;
  status.rotations = rotations_;
  status.left.assign(left_.begin(), left_.end());
  if (current_) {
    const FileReader& reader = current_->reader;
    status.file = reader.path();
    status.offset = reader.offset();
    if (const auto extent = reader.file().extent()) status.size = extent->size;
    if (!reader.file().is_packed() && status.size > status.offset) {
      status.unread = status.size - status.offset;
    }
  }
  if (!current_ || superseded_) {
    for (const RotatedFile& file : lineage_.unsettled()) {
      status.unread += size_of(file.is_plain ? file.path : file.packed_path());
    }
    if (current_) status.unread += size_of(path());
  }
  return status;
}

}  // namespace nodeportd
