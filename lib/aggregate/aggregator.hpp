#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aggregate/alert_id.hpp"
#include "aggregate/figures.hpp"
#include "aggregate/watermark.hpp"
#include "base/clock.hpp"
#include "model/batch.hpp"
#include "model/changes.hpp"
#include "model/notice.hpp"

namespace nodeportd {

struct AggregateOptions {
  std::chrono::milliseconds lateness{300'000};      // a window closes this long after its end
  std::chrono::milliseconds idle_after{30'000};     // see Watermark
  std::chrono::milliseconds update_every{300'000};  // 0: no scheduled revisions
  std::size_t max_keys = 100'000;                   // open windows in memory
  std::size_t max_bytes = std::size_t{32} << 20U;   // of memory for them
};

// Where windows lie that are closed. A late match takes its window from here and reopens it.
class WindowShelf {
 public:
  virtual ~WindowShelf() = default;
  [[nodiscard]] virtual std::optional<Window> find(const std::string& alert_id) = 0;
};

// Matches -> windows -> alert revisions. One thread, no locks; time comes in as arguments. What it
// decides becomes real only when the caller has committed take_changes().
class Aggregator {
 public:
  // `shelf` outlives the aggregator, `catalog` is there until another is used; `exceptions` are the
  // names that Match.exception counts through.
  Aggregator(Origin origin, AggregateOptions options, const std::vector<Rule>& catalog,
             std::vector<std::string> exceptions, WindowShelf& shelf);

  // The rules of the batches from the next one on. Open windows stay as they were begun, but that a
  // match extends them to a later end.
  void use(const std::vector<Rule>& catalog, std::vector<std::string> exceptions);

  // What an earlier run left. `shelved_until` is the latest end of any window on the shelf.
  void restore(std::vector<Window> open,
               const std::vector<std::pair<std::string, WallTime>>& watermarks,
               std::optional<WallTime> shelved_until);

  // Takes in the matches of a batch, and dates those of lines that tell no time. `wall` is nullopt
  // in a replay, where no clock may matter.
  void add(Batch& batch, std::optional<WallTime> wall, MonoTime now);

  // Closes what is due and schedules revisions. Call after add() and at next_deadline().
  void advance(std::optional<WallTime> wall, MonoTime now);
  [[nodiscard]] std::optional<MonoTime> next_deadline(std::optional<WallTime> wall,
                                                      MonoTime now) const;

  // A revision waits to be told: commit at once.
  [[nodiscard]] bool has_news() const { return news() > 0; }
  [[nodiscard]] std::size_t news() const { return news_; }
  // Something changed since take_changes().
  [[nodiscard]] bool has_changes() const { return !dirty_.empty() || !suppressions_.empty(); }
  // Windows that changed, revisions (their sinks still to be named), watermarks, suppressions.
  // A window has at most one revision here; its first and its final never share a commit, so
  // that whoever listens to first revisions alone misses none.
  [[nodiscard]] Changes take_changes();
  [[nodiscard]] std::vector<Notice> take_notices() { return std::exchange(notices_, {}); }

  [[nodiscard]] std::size_t open_windows() const { return live_.size(); }
  [[nodiscard]] std::optional<WallTime> watermark(MonoTime now) const {
    return watermark_.overall(now);
  }

 private:
  using ByEnd = std::multimap<WallTime, std::string>;
  struct Live {
    Window window;
    ByEnd::iterator place;  // in by_end_, until it is closing
    bool dirty = false;     // differs from what take_changes() gave last
    bool announce = false;  // a revision is due
    bool closing = false;   // the final revision is due
    bool stale = false;     // its count is ahead of the last revision
    std::size_t bytes = 0;  // of memory, as it was last weighed
  };

  void observe_time(const Match& match, const std::string& stream, std::optional<WallTime> wall,
                    MonoTime now);
  void add_to_window(const Match& match, const Group& group, const Exposure* exposure);
  Live& open_window(const Rule& rule, WallTime start, const Group& group);
  void extend(Live& live, WallTime end);
  void touch(const std::string& id, Live& live);
  void weigh(Live& live);
  void await_update(Live& live);
  void announce(Live& live);
  void close(Live& live);
  void close_ended(WallTime limit);
  void close_oldest(MonoTime now);
  void tell(Live& live, Changes& changes);
  void notify(Notice notice, MonoTime now);

  Origin origin_;
  AggregateOptions options_;
  const std::vector<Rule>* catalog_;
  std::vector<std::string> exceptions_;
  WindowShelf& shelf_;

  Watermark watermark_;
  std::unordered_map<std::string, Live> live_;
  ByEnd by_end_;  // windows of live_ that are not closing
  std::vector<std::string> dirty_;
  std::vector<std::string> stale_;
  std::size_t news_ = 0;   // windows with announce or closing
  std::size_t bytes_ = 0;  // of the windows of live_ that are not closing
  std::optional<WallTime> shelved_until_;
  std::optional<MonoTime> next_update_;
  std::map<std::string, std::uint64_t> suppressions_;  // by exception
  std::vector<Notice> notices_;
  std::map<std::string, MonoTime> notice_again_;  // per rule: not before
};

}  // namespace nodeportd
