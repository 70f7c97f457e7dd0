// What of a stream goes into a batch, and with which mark.

#include <algorithm>
#include <utility>

#include "source/stream.hpp"

namespace nodeportd {
namespace {

// A file that was left and stays quiet for this long is let go of.
constexpr std::chrono::seconds kLinger{60};

}  // namespace

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
    // What is read of a file that was displaced says nothing of the one that took its name.
    const bool is_displaced = superseded_ && current_->reader.path() == path();
    if (!unreadable_.empty() && !is_displaced) unreadable_.erase(current_->reader.path());
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
  // None while the log is another than the one that is read: it may be one of these.
  const bool has_successor = current_ && current_->reader.offset() > 0 && !superseded_;
  for (auto at = lingering_.begin(); at != lingering_.end();) {
    Followed& file = *at;
    const bool is_due = file.must_go || (has_successor && now.mono - file.quiet_since >= kLinger);
    const bool goes = is_due && !leads_to(file);
    limits.last_line = goes ? ReadLimits::LastLine::is_record : ReadLimits::LastLine::waits;
    const Result<Reach> reach = file.reader.fill(batch, limits, counters_.read);
    if (reach && *reach == Reach::wants_room) return Filled::wants_room;
    if (reach && *reach == Reach::more && batch.records.empty()) return Filled::working;
    if (!batch.records.empty()) {
      file.quiet_since = now.mono;
      file.must_go = goes;
      return hand_on(batch, mark_of(file), false);
    }
    // One that the path leads to again is read on as the log.
    if (reach && *reach == Reach::changed && !leads_to(file)) {
      restart_lingering(file, now);
      return Filled::working;
    }
    if (goes || !reach) {
      FileMark mark = mark_of(file);
      settle_place(file);
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

std::vector<FileMark> Stream::marks() const {
  std::vector<FileMark> marks = unresolved_;
  for (const Followed& file : lingering_) marks.push_back(mark_of(file));
  if (current_) marks.push_back(mark_of(*current_));
  return marks;
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
// stream for a new one and skip what `start_at` says. Of a rotated file that cannot be read yet
// nothing was seen.
FileMark Stream::placeholder() const {
  FileMark mark;
  mark.stream = path();
  mark.path = path();
  mark.seen = seen_;
  for (const RotatedFile& file : lineage_.unsettled()) {
    mark.seen = std::min(mark.seen, file.time - Micros(1));
  }
  return mark;
}

void Stream::announce(FileMark mark, bool finished) {
  mark.finished = finished;
  announcements_.push_back(std::move(mark));
}

void Stream::tell_unreadable(const std::string& file, const std::string& why) {
  if (!unreadable_.insert(file).second) return;
  tell({"source.unreadable",
        "cannot read " + why,
        {{"source", path()}, {"file", file}, {"error", why}}});
}

}  // namespace nodeportd
