#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/counter.hpp"
#include "model/batch.hpp"
#include "source/file_reader.hpp"
#include "source/lineage.hpp"

namespace nodeportd {

// Where to begin with a log that is followed for the first time.
struct StartPoint {
  enum class Kind : std::uint8_t {
    end,        // with what is written from now on
    beginning,  // with the oldest rotated file
    since,      // with the first file that was rotated at `since` or later
  } kind = Kind::end;
  WallTime since{};
};

struct StreamCounters {
  ReadCounters read;
  Counter rotations;    // another file took the place of the one that was read
  Counter truncations;  // or its content did
  Counter files_lost;   // gone before they were read to their end
};

// A file that was left for the next one.
struct Rotation {
  WallTime time{};  // when it was left
  std::string file;
};

// What `status` shows of one followed path.
struct StreamStatus {
  std::string path;
  std::string file;  // being read; empty while there is none
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t unread = 0;  // bytes of all files that are known to come
  bool waiting = false;      // for a file that can be read
  bool missing = false;      // nothing stands under the path; what stood there may still be read
  bool at_end = false;
  std::uint64_t rotations = 0;      // since the start
  std::vector<Rotation> left = {};  // the last of them, the oldest first
  // Read since the start, from all its files.
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::optional<WallTime> last_read;  // when records of it came last, since the start
  // The last time that nothing of it was left to read, if something is now.
  std::optional<MonoTime> behind_since;
};

struct Moment {
  WallTime wall{};
  MonoTime mono{};
};

// One followed path, whatever files it leads to in the course of time: which of them is read, and
// which comes next. It reads the file that is open to its end, then what was rotated since in the
// order of names, then the file that is there now. A file that was left lingers open for a while,
// for a writer that has not let go of it. Everything it finds out about the disk is from calls of
// fill(); the note_ functions say that a look is due. One thread.
class Stream {
 public:
  Stream(std::string path, std::uint32_t index, StreamCounters& counters)
      : lineage_(std::move(path)), index_(index), counters_(counters) {}

  // One of these before anything else. `marks` are the stream's own.
  void start(const StartPoint& point, std::uint64_t max_line, const Moment& now);
  void resume(std::vector<FileMark> marks, const Moment& now);

  [[nodiscard]] const std::string& path() const { return lineage_.path(); }

  // A file that is open may have grown.
  void note_growth() { has_grown_ = true; }
  // Names in a folder may have changed, or nothing is known: look at everything.
  void note_names() { has_grown_ = names_changed_ = true; }
  // A name came, went or moved. A rotated file may be removed before we look: then this is all that
  // is ever heard of it.
  enum class Event : std::uint8_t { named, removed };
  void note_name(const std::string& path, Event event);

  enum class Filled {
    nothing,     // until something is noted
    batch,       // is to be handed on
    working,     // went through bytes that make no record: call again
    wants_room,  // call again with a wide buffer
  };
  // Fills a cleared batch with what comes next: lines, marks, notices.
  [[nodiscard]] Filled fill(Batch& batch, const ReadLimits& limits, const Moment& now);

  // Whether the last batch told that all is read, so that fill() would find nothing.
  [[nodiscard]] bool is_read_out() const {
    return told_at_end_ && !has_grown_ && !names_changed_ && announcements_.empty() &&
           notices_.empty();
  }

  struct Watched {
    std::vector<const LogFile*> files;  // valid until the next call of fill()
    std::vector<std::string> folders;
  };
  // What to watch; nullopt: the same as at the last call.
  [[nodiscard]] std::optional<Watched> take_watched();
  void watch_anew() { watched_changed_ = true; }
  [[nodiscard]] bool concerns(std::string_view name) const { return lineage_.concerns(name); }
  // To be told with the next batch.
  void tell(Notice notice) { notices_.push_back(std::move(notice)); }

  [[nodiscard]] StreamStatus status() const;
  // To resume from, should it come back.
  [[nodiscard]] std::vector<FileMark> marks() const;
  [[nodiscard]] std::size_t files_open() const {
    return lingering_.size() + (current_ ? 1 : 0) + (emptied_ ? 1 : 0);
  }

 private:
  // An open file of this stream.
  struct Followed {
    FileReader reader;
    std::uint64_t turn = 0;
    bool is_copy = false;     // of a file that is read on elsewhere: complete as it is
    bool is_emptied = false;  // the log that was read before, from its start
    MonoTime quiet_since{};
    bool must_go = false;
    bool is_moved = false;  // to where no mark of the state says it is

    [[nodiscard]] bool is_complete() const { return is_copy || reader.file().is_packed(); }
  };

  struct Failing {
    std::string path;
    MonoTime since;
  };

  // Reading order.
  void look(const Moment& now);
  bool open_next(const Moment& now);
  bool open_rotated(const RotatedFile& file, const Moment& now);
  enum class Opened { yes, no, try_again };
  Opened open_live(const Moment& now);
  void install(Followed file, const Moment& now);
  void retire(Followed file, const Moment& now);
  [[nodiscard]] bool leads_to(const Followed& file) const;
  [[nodiscard]] bool lingers(LogFile& opened) const;
  bool take_back(FileId id, const Moment& now);
  void locate_current();
  [[nodiscard]] std::optional<RotatedFile> first_moved() const;
  void restart(const Moment& now);
  void restart_lingering(Followed& file, const Moment& now);
  void settle_place(const Followed& file);
  void tell_truncated(const FileMark& mark, const std::string& copy);
  void report_vanished(WallTime next);
  void reopen_failed(const Error& error, const Moment& now);

  // Batches.
  Filled fill_from_current(Batch& batch, ReadLimits limits, const Moment& now);
  Filled fill_from_lingering(Batch& batch, ReadLimits limits, const Moment& now);
  Filled fill_announcement(Batch& batch);
  Filled fill_at_end(Batch& batch);
  Filled hand_on(Batch& batch, FileMark mark, bool at_end);
  [[nodiscard]] FileMark mark_of(const Followed& file) const;
  [[nodiscard]] FileMark placeholder() const;
  void announce(FileMark mark, bool finished);
  void tell_unreadable(const std::string& file, const std::string& why);
  // Whether a file that failed may be read after all, so that it is worth waiting for.
  [[nodiscard]] bool may_pass(const Error& error, const std::string& file, const Moment& now);
  void tell_skipped(const std::vector<RotatedFile>& files, std::uint64_t live_bytes);

  void start_at_end(std::uint64_t max_line, const Moment& now);
  void settle_behind(const std::string& found, const FileMark& newest);
  void settle_before(const FileMark& newest);
  void tell_gone(const FileMark& newest);
  using Searches = std::vector<Result<std::optional<FileReader>, Unreadable>>;
  [[nodiscard]] std::optional<Searches> find_all(const std::vector<FileMark>& marks,
                                                 const Moment& now);
  [[nodiscard]] bool is_worth_waiting(const FileMark& mark, const Unreadable& found,
                                      const Moment& now);
  void pass_over(const FileMark& mark, const Unreadable& found);
  [[nodiscard]] bool is_emptied(const FileMark& mark, const FileReader& found) const;

  Lineage lineage_;
  std::uint32_t index_;
  StreamCounters& counters_;

  std::optional<Followed> current_;
  std::deque<Followed> lingering_;  // the oldest first
  std::uint64_t rotations_ = 0;
  std::deque<Rotation> left_;          // the last kRotationsShown
  std::optional<FileReader> emptied_;  // once its copy, which is read now, is read
  std::optional<Event> parting_;       // what the log's name met with first, since its file is read
  bool superseded_ = false;            // current_ has a successor: read it out, then move on
  std::map<std::string, RotatedFile> expected_;  // are to be read, as far as we know; by path
  std::vector<RotatedFile> sighted_;             // heard of since we looked last
  WallTime seen_{};
  std::uint64_t turn_ = 0;

  bool has_grown_ = true;
  bool names_changed_ = true;
  bool watched_changed_ = true;
  bool told_at_end_ = false;
  bool is_missing_ = false;  // as of the last look
  bool told_placeholder_ = false;
  std::set<std::string> unreadable_;    // files of which it was told
  std::optional<Failing> failing_;      // the next file, while it cannot be read
  std::deque<FileMark> announcements_;  // marks that go out in batches of their own
  std::vector<FileMark> obsolete_;      // to be forgotten once a file has taken their place
  std::vector<FileMark> unresolved_;    // to resume from once there is a file to be read
  std::vector<Notice> notices_;
};

}  // namespace nodeportd
