// What is read, and in what order.

#include "source/stream.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace nodeportd {
namespace {

// Of files that were left: when there are more, the oldest is let go of.
constexpr std::size_t kLingeringMax = 8;
// A disk or a network file system that fails may be back in this while. Longer would keep what is
// behind the file from being seen.
constexpr std::chrono::seconds kPassesIn{30};
// To an operator who asks what became of a file.
constexpr std::size_t kRotationsShown = 5;

}  // namespace

void Stream::look(const Moment& now) {
  names_changed_ = false;
  if (!unresolved_.empty()) resume(std::exchange(unresolved_, {}), now);
  // The names first: a file that still is in place after the listing is newer than all in it.
  lineage_.refresh(seen_);
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
  for (const RotatedFile& file : coming) {
    if (!lineage_.is_settled(file)) expected_.try_emplace(file.path, file);
  }
}

void Stream::note_name(const std::string& path, Event event) {
  note_names();
  if (!parting_ && lineage_.is_log(path)) parting_ = event;
  if (std::optional<RotatedFile> file = lineage_.rotated_at(path)) {
    sighted_.push_back(std::move(*file));
  }
}

// The oldest rotated file that was heard of, if it was removed or packed since.
std::optional<RotatedFile> Stream::first_moved() const {
  std::optional<RotatedFile> first;
  for (const RotatedFile& file : sighted_) {
    if (!lineage_.is_settled(file) && (!first || file.time < first->time)) first = file;
  }
  return first && file_id_of(first->path) ? std::nullopt : first;
}

void Stream::locate_current() {
  FileReader& reader = current_->reader;
  // Where it was last, in the first place: of a backlog's thousands of files it is the oldest.
  std::optional<RotatedFile> place = lineage_.rotated_at(reader.path());
  const FileId id = reader.file().id();
  const Result<FileId> there = file_id_of(reader.path());
  const bool is_placed = place && place->is_plain && there && *there == id;
  if (!is_placed) place = lineage_.rotated_of(id);
  if (!place) {
    const Result<LogFile::Extent> extent = reader.file().extent();
    const bool is_gone = extent && extent->links == 0 && !reader.file().is_packed();
    // Compressed and removed since: the packed file is what we hold open.
    if (is_gone) place = lineage_.unsettled_copy(mark_of(*current_));
    // Rotated, and removed or packed unread: of all that was rotated since, it was the first.
    const bool was_rotated = parting_ != Event::removed && lineage_.is_log(reader.path());
    if (is_gone && !place && was_rotated) place = first_moved();
  }
  if (!place) return;
  reader.set_path(place->path);
  lineage_.settle(*place);
}

bool Stream::open_next(const Moment& now) {
  if (emptied_) {
    install({.reader = std::move(*std::exchange(emptied_, std::nullopt)), .is_emptied = true}, now);
    return true;
  }
  for (;;) {
    lineage_.refresh(seen_);
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
  expected_.erase(file.path);
  if (!opened) {
    counters_.files_lost.add();
    tell({"source.lines_lost",
          file.path + " was rotated and could not be read",
          {{"source", this->path()}, {"file", file.path}, {"error", opened.error().text}}});
    return false;
  }
  if (lingers(*opened)) return false;
  install({.reader = FileReader(std::move(*opened), path)}, now);
  return true;
}

// Whether a file that was left is this one, or what it was packed to: a link led away from it and
// back, and it was rotated before we looked.
bool Stream::lingers(LogFile& opened) const {
  return std::any_of(lingering_.begin(), lingering_.end(), [&](const Followed& each) {
    const LogFile& file = each.reader.file();
    if (file.id() == opened.id()) return true;
    const Result<LogFile::Extent> extent = file.extent();
    const bool has_name = file.is_packed() || !extent || extent->links > 0;
    if (has_name || !opened.is_packed() || each.reader.offset() == 0) return false;
    const Result<std::optional<Footprint>> found = Footprint::find(opened, mark_of(each));
    return found && *found;
  });
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
  lineage_.refresh(seen_);
  if (!lineage_.unsettled().empty()) return Opened::try_again;
  if (take_back(opened->id(), now)) return Opened::yes;
  seen_ = now.wall;
  install({.reader = FileReader(std::move(*opened), path())}, now);
  return Opened::yes;
}

// Whether the path, a link perhaps, leads to the file (again).
bool Stream::leads_to(const Followed& file) const {
  const Result<FileId> live = file_id_of(path());
  return live && *live == file.reader.file().id();
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
  // Of a log that was emptied its name may have met with something before we looked.
  if (!current_->is_copy && !current_->is_emptied) parting_.reset();
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
    ++rotations_;
    left_.push_back({now.wall, left->reader.path()});
    if (left_.size() > kRotationsShown) left_.pop_front();
    retire(std::move(*left), now);
  }
}

void Stream::retire(Followed file, const Moment& now) {
  if (file.is_complete()) {
    announce(mark_of(file), true);
    return;
  }
  file.quiet_since = now.mono;
  file.must_go = false;
  lingering_.push_back(std::move(file));
  for (std::size_t i = 0; i + kLingeringMax < lingering_.size(); ++i) lingering_[i].must_go = true;
}

void Stream::restart(const Moment& now) {
  counters_.truncations.add();
  const FileMark mark = mark_of(*current_);
  lineage_.refresh(seen_);
  if (std::optional<FileReader> copy = lineage_.find_copy(mark)) {
    tell_truncated(mark, copy->path());
    if (const auto rotated = lineage_.rotated_at(copy->path())) lineage_.settle(*rotated);
    // Held, for it may have been rotated or removed since.
    emptied_.emplace(std::move(current_->reader.file()), mark.path);
    current_.reset();
    install({.reader = std::move(*copy), .is_copy = true}, now);
    superseded_ = true;
    return;
  }
  tell_truncated(mark, "");
  FileReader again(std::move(current_->reader.file()), mark.path);
  current_.reset();
  install({.reader = std::move(again), .is_emptied = true}, now);
}

// The same for a file that was left, which is not read in the order of files any more.
void Stream::restart_lingering(Followed& file, const Moment& now) {
  FileMark old = mark_of(file);
  std::optional<FileReader> copy = lineage_.find_copy(old);
  tell_truncated(old, copy ? copy->path() : "");
  FileReader again(std::move(file.reader.file()), old.path);
  if (copy) {
    file.reader = std::move(*copy);
    file.is_copy = true;
    announce(mark_of(file), false);
    lingering_.push_back({.reader = std::move(again), .turn = ++turn_, .quiet_since = now.mono});
    announce(mark_of(lingering_.back()), false);
  } else {
    file.reader = std::move(again);
    announce(mark_of(file), false);
  }
  watched_changed_ = true;
}

// What a file that is let go of was rotated to is not to be read once more.
void Stream::settle_place(const Followed& file) {
  std::optional<RotatedFile> place = lineage_.rotated_of(file.reader.file().id());
  if (!place) place = lineage_.unsettled_copy(mark_of(file));
  if (place) lineage_.settle(*place);
}

// Files that were to be read after what is read now and were rotated before `next`, and are not
// there any more.
void Stream::report_vanished(WallTime next) {
  for (auto at = expected_.begin(); at != expected_.end();) {
    const RotatedFile file = at->second;
    const bool is_to_come = file.time >= next;
    if (is_to_come || (!lineage_.is_settled(file) && Lineage::is_there(file))) {
      ++at;
      continue;
    }
    at = expected_.erase(at);
    if (lineage_.is_settled(file)) continue;
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
  if (auto found = lineage_.find(mark); found && *found) file.reader = std::move(**found);
}

bool Stream::may_pass(const Error& error, const std::string& file, const Moment& now) {
  if (error.kind == ErrorKind::full) return true;
  if (error.kind != ErrorKind::io) return false;
  if (!failing_ || failing_->path != file) failing_ = Failing{file, now.mono};
  return now.mono - failing_->since < kPassesIn;
}

}  // namespace nodeportd
