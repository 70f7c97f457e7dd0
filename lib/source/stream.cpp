#include "source/stream.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace nodeportd {
namespace {

// A file that was left and stays quiet for this long is let go of, and so is the oldest when there
// are more than these.
constexpr std::chrono::seconds kLinger{60};
constexpr std::size_t kLingeringMax = 8;
// A disk or a network file system that fails may be back in this while. Longer would keep what is
// behind the file from being seen.
constexpr std::chrono::seconds kPassesIn{30};

}  // namespace

// ------------------------------------------------------------------ reading order

void Stream::look(const Moment& now) {
  names_changed_ = false;
  if (!unresolved_.empty()) resume(std::exchange(unresolved_, {}), now);
  // The names first: a file that still is in place after the listing is newer than all in it.
  lineage_.refresh();
  watched_changed_ = true;
  const Result<FileId> live = file_id_of(path());
  is_missing_ = !live;
  if (current_ && live && *live == current_->reader.file().id()) {
    lineage_.settle_all();
    sighted_.clear();
    seen_ = now.wall;
    superseded_ = false;
    current_->reader.set_path(path());
  } else if (current_) {
    locate_current();
    superseded_ = superseded_ || live.has_value() || !lineage_.unsettled().empty();
  }
  std::vector<RotatedFile> coming = lineage_.unsettled();
  std::move(sighted_.begin(), sighted_.end(), std::back_inserter(coming));
  sighted_.clear();
  for (RotatedFile& file : coming) {
    const bool is_known = std::any_of(expected_.begin(), expected_.end(),
                                      [&](const auto& each) { return each.path == file.path; });
    if (!is_known && !lineage_.is_settled(file)) expected_.push_back(std::move(file));
  }
}

void Stream::note_name(const std::string& path) {
  note_names();
  if (std::optional<RotatedFile> file = lineage_.rotated_at(path)) {
    sighted_.push_back(std::move(*file));
  }
}

// The oldest rotated file that was heard of and is not there any more.
std::optional<RotatedFile> Stream::first_gone() const {
  std::optional<RotatedFile> first;
  for (const RotatedFile& file : sighted_) {
    if (lineage_.is_settled(file) || Lineage::is_there(file)) continue;
    if (!first || file.time < first->time) first = file;
  }
  return first;
}

void Stream::locate_current() {
  FileReader& reader = current_->reader;
  std::optional<RotatedFile> place = lineage_.rotated_of(reader.file().id());
  if (!place) {
    const Result<LogFile::Extent> extent = reader.file().extent();
    const bool is_gone = extent && extent->links == 0 && !reader.file().is_packed();
    // Compressed and removed since: the packed file is what we hold open.
    if (is_gone) place = lineage_.unsettled_copy(mark_of(*current_));
    // Rotated and removed: of all that was rotated since we opened it, it was the first.
    if (is_gone && !place && !lineage_.rotated_at(reader.path())) place = first_gone();
  }
  if (!place) return;
  reader.set_path(place->path);
  lineage_.settle(*place);
}

bool Stream::open_next(const Moment& now) {
  for (;;) {
    lineage_.refresh();
    // Once more: a file that was compressed before it was read is known by its content only now.
    if (current_) locate_current();
    const std::vector<RotatedFile> unsettled = lineage_.unsettled();
    if (!unsettled.empty()) {
      report_vanished(unsettled.front().time);
      if (open_rotated(unsettled.front(), now)) return true;
      if (!lineage_.is_settled(unsettled.front())) return false;
      continue;
    }
    report_vanished(WallTime::max());
    switch (open_live(now)) {
      case Opened::yes:
        return true;
      case Opened::no:
        return false;
      case Opened::try_again:
        continue;
    }
  }
}

bool Stream::open_rotated(const RotatedFile& file, const Moment& now) {
  Result<LogFile> opened = LogFile::open(file.path, LogFile::Form::detect);
  std::string path = file.path;
  if (!opened && opened.error().kind == ErrorKind::not_found) {
    path = file.packed_path();
    opened = LogFile::open(path, LogFile::Form::detect);
  }
  if (!opened && may_pass(opened.error(), path, now)) {
    tell_unreadable(path, opened.error().text);
    return false;
  }
  lineage_.settle(file);
  std::erase_if(expected_, [&](const RotatedFile& each) { return each.path == file.path; });
  if (!opened) {
    counters_.files_lost.add();
    tell({"source.lines_lost",
          file.path + " was rotated and could not be read",
          {{"source", this->path()}, {"file", file.path}, {"error", opened.error().text}}});
    return false;
  }
  install({.reader = FileReader(std::move(*opened), path)}, now);
  return true;
}

Stream::Opened Stream::open_live(const Moment& now) {
  Result<LogFile> opened = LogFile::open(path(), LogFile::Form::plain);
  if (!opened) {
    if (opened.error().kind != ErrorKind::not_found) tell_unreadable(path(), opened.error().text);
    return Opened::no;
  }
  unreadable_.erase(path());
  if (current_ && opened->id() == current_->reader.file().id()) {
    // It is back in its place.
    superseded_ = false;
    return Opened::no;
  }
  // A rotation since the listing would make this the file after the next.
  lineage_.refresh();
  if (!lineage_.unsettled().empty()) return Opened::try_again;
  if (take_back(opened->id(), now)) return Opened::yes;
  seen_ = now.wall;
  install({.reader = FileReader(std::move(*opened), path())}, now);
  return Opened::yes;
}

bool Stream::take_back(FileId id, const Moment& now) {
  const auto found = std::find_if(lingering_.begin(), lingering_.end(), [&](const Followed& file) {
    return file.reader.file().id() == id;
  });
  if (found == lingering_.end()) return false;
  Followed file = std::move(*found);
  lingering_.erase(found);
  file.reader.set_path(path());
  seen_ = now.wall;
  install(std::move(file), now);
  return true;
}

void Stream::install(Followed file, const Moment& now) {
  std::optional<Followed> left = std::exchange(current_, std::nullopt);
  file.turn = ++turn_;
  current_ = std::move(file);
  superseded_ = false;
  note_names();
  // The state learns of the new file before it forgets an old one: at no moment does it lack the
  // place to go on from.
  FileMark mark = mark_of(*current_);
  if (std::exchange(told_placeholder_, false)) obsolete_.push_back(placeholder());
  const FileId id = current_->reader.file().id();
  announce(std::move(mark), false);
  for (FileMark& old : obsolete_) {
    if (FileId{old.device, old.inode} != id) announce(std::move(old), true);
  }
  obsolete_.clear();
  if (left) {
    counters_.rotations.add();
    retire(std::move(*left), now);
  }
}

void Stream::retire(Followed file, const Moment& now) {
  if (file.is_complete()) {
    announce(mark_of(file), true);
    return;
  }
  file.quiet_since = now.mono;
  lingering_.push_back(std::move(file));
  for (std::size_t i = 0; i + kLingeringMax < lingering_.size(); ++i) lingering_[i].must_go = true;
}

void Stream::restart(const Moment& now) {
  counters_.truncations.add();
  const FileMark mark = mark_of(*current_);
  lineage_.refresh();
  if (std::optional<FileReader> copy = lineage_.find_copy(mark)) {
    if (const auto rotated = lineage_.rotated_at(copy->path())) lineage_.settle(*rotated);
    current_.reset();
    install({.reader = std::move(*copy), .is_copy = true}, now);
    superseded_ = true;
    return;
  }
  tell({"source.truncated",
        path() + " was truncated or written anew; it is read again from its start, and what was "
                 "not read of it before is lost",
        {{"source", path()}, {"file", mark.path}, {"offset", std::to_string(mark.offset)}}});
  FileReader again(std::move(current_->reader.file()), mark.path);
  current_.reset();
  install({.reader = std::move(again)}, now);
}

// Files that were to be read after what is read now and were rotated before `next`, and are not
// there any more.
void Stream::report_vanished(WallTime next) {
  for (const RotatedFile& file : std::exchange(expected_, {})) {
    if (lineage_.is_settled(file)) continue;
    if (file.time >= next || Lineage::is_there(file)) {
      expected_.push_back(file);
      continue;
    }
    lineage_.settle(file);
    counters_.files_lost.add();
    tell({"source.lines_lost",
          file.path + " was removed before it was read",
          {{"source", path()}, {"file", file.path}}});
  }
}

void Stream::reopen_failed(const Error& error, const Moment& now) {
  Followed& file = *current_;
  tell_unreadable(file.reader.path(), error.text);
  if (file.reader.file().is_packed()) {
    if (may_pass(error, file.reader.path(), now)) return;
    // It will not get better: what was read of it counts, and the next one is read.
    counters_.files_lost.add();
    file.is_copy = true;
    superseded_ = true;
    open_next(now);
    return;
  }
  // A network file system may have lost the descriptor: look the file up anew.
  const FileMark mark = mark_of(file);
  if (std::optional<FileReader> found = lineage_.find(mark)) file.reader = std::move(*found);
}

// ------------------------------------------------------------------------ batches

Stream::Filled Stream::fill(Batch& batch, const ReadLimits& limits, const Moment& now) {
  if (names_changed_) look(now);
  if (!announcements_.empty()) return fill_announcement(batch);
  if (has_grown_) {
    const Filled filled = fill_from_lingering(batch, limits, now);
    if (filled != Filled::nothing) return filled;
    has_grown_ = false;
  }
  const Filled filled = fill_from_current(batch, limits, now);
  return filled == Filled::nothing ? fill_at_end(batch) : filled;
}

Stream::Filled Stream::fill_from_current(Batch& batch, ReadLimits limits, const Moment& now) {
  for (;;) {
    if (!unresolved_.empty() || (!current_ && !open_next(now))) return Filled::nothing;
    if (!announcements_.empty()) return fill_announcement(batch);
    limits.last_line =
        current_->is_complete() ? ReadLimits::LastLine::is_record : ReadLimits::LastLine::waits;
    const Result<Reach> reach = current_->reader.fill(batch, limits, counters_.read);
    if (!reach) {
      reopen_failed(reach.error(), now);
      return announcements_.empty() ? Filled::nothing : fill_announcement(batch);
    }
    if (!unreadable_.empty()) unreadable_.erase(current_->reader.path());
    if (failing_ && failing_->path == current_->reader.path()) failing_.reset();
    if (*reach == Reach::wants_room) return Filled::wants_room;
    if (*reach == Reach::changed) {
      restart(now);
      continue;
    }
    if (!batch.records.empty()) {
      return hand_on(batch, mark_of(*current_), *reach == Reach::end && !superseded_);
    }
    if (*reach == Reach::more) return Filled::working;
    // Only now, with nothing left behind the offset AFTER its successor was seen, is a file done.
    if (!superseded_ || !open_next(now)) return Filled::nothing;
  }
}

Stream::Filled Stream::fill_from_lingering(Batch& batch, ReadLimits limits, const Moment& now) {
  const bool has_successor = current_ && current_->reader.offset() > 0;
  for (auto at = lingering_.begin(); at != lingering_.end();) {
    Followed& file = *at;
    const bool goes = file.must_go || (has_successor && now.mono - file.quiet_since >= kLinger);
    limits.last_line = goes ? ReadLimits::LastLine::is_record : ReadLimits::LastLine::waits;
    const Result<Reach> reach = file.reader.fill(batch, limits, counters_.read);
    if (reach && *reach == Reach::wants_room) return Filled::wants_room;
    if (reach && *reach == Reach::more && batch.records.empty()) return Filled::working;
    if (!batch.records.empty()) {
      file.quiet_since = now.mono;
      file.must_go = goes;
      return hand_on(batch, mark_of(file), false);
    }
    if (goes || !reach || *reach == Reach::changed) {
      FileMark mark = mark_of(file);
      lingering_.erase(at);
      watched_changed_ = true;
      mark.finished = true;
      return hand_on(batch, std::move(mark), told_at_end_);
    }
    ++at;
  }
  return Filled::nothing;
}

Stream::Filled Stream::fill_announcement(Batch& batch) {
  FileMark mark = std::move(announcements_.front());
  announcements_.pop_front();
  return hand_on(batch, std::move(mark), told_at_end_);
}

Stream::Filled Stream::fill_at_end(Batch& batch) {
  if (told_at_end_ && notices_.empty()) return Filled::nothing;
  if (!unresolved_.empty()) return hand_on(batch, unresolved_.back(), true);
  if (!current_) told_placeholder_ = true;
  FileMark mark = current_ ? mark_of(*current_) : placeholder();
  return hand_on(batch, std::move(mark), true);
}

Stream::Filled Stream::hand_on(Batch& batch, FileMark mark, bool at_end) {
  batch.stream = index_;
  batch.end = std::move(mark);
  batch.at_end = at_end;
  batch.notices.insert(batch.notices.end(), notices_.begin(), notices_.end());
  notices_.clear();
  told_at_end_ = at_end;
  return Filled::batch;
}

FileMark Stream::mark_of(const Followed& file) const {
  FileMark mark;
  mark.stream = path();
  file.reader.sign(mark);
  mark.turn = file.turn;
  mark.seen = seen_;
  return mark;
}

std::optional<Stream::Watched> Stream::take_watched() {
  if (!std::exchange(watched_changed_, false)) return std::nullopt;
  Watched watched;
  watched.folders = lineage_.folders();
  const auto add = [&watched](const Followed& file) {
    if (!file.reader.file().is_packed()) watched.files.push_back(&file.reader.file());
  };
  if (current_) add(*current_);
  for (const Followed& file : lingering_) add(file);
  return watched;
}

// Says that the path was followed and there was no file: without it a restart would take the
// stream for a new one and skip what `start_at` says.
FileMark Stream::placeholder() const {
  FileMark mark;
  mark.stream = path();
  mark.path = path();
  mark.seen = seen_;
  return mark;
}

void Stream::announce(FileMark mark, bool finished) {
  mark.finished = finished;
  announcements_.push_back(std::move(mark));
}

bool Stream::may_pass(const Error& error, const std::string& file, const Moment& now) {
  if (error.kind == ErrorKind::full) return true;
  if (error.kind != ErrorKind::io) return false;
  if (!failing_ || failing_->path != file) failing_ = Failing{file, now.mono};
  return now.mono - failing_->since < kPassesIn;
}

void Stream::tell_unreadable(const std::string& file, const std::string& why) {
  if (!unreadable_.insert(file).second) return;
  tell({"source.unreadable",
        "cannot read " + why,
        {{"source", path()}, {"file", file}, {"error", why}}});
}

}  // namespace nodeportd
