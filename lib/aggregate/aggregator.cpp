#include "aggregate/aggregator.hpp"

#include <algorithm>

#include "base/time_text.hpp"
#include "model/held_bytes.hpp"

namespace nodeportd {
namespace {

// An event this far ahead of the wall clock says nothing about how far time has come: one event
// dated 2099 would close every window of today.
constexpr std::chrono::minutes kAheadMax{5};
// A stranger sets the rate of these facts, so each kind is told once in this while.
constexpr std::chrono::minutes kNoticeEvery{10};
// The wall clock is looked at this often at least while a window waits for it: an event may be
// dated 9999, which no count of nanoseconds reaches.
constexpr std::chrono::hours kPatience{24};

}  // namespace

Aggregator::Aggregator(Origin origin, AggregateOptions options, const std::vector<Rule>& catalog,
                       std::vector<std::string> exceptions, WindowShelf& shelf)
    : origin_(std::move(origin)),
      options_(options),
      catalog_(&catalog),
      exceptions_(std::move(exceptions)),
      shelf_(shelf),
      watermark_(options.idle_after) {}

void Aggregator::use(const std::vector<Rule>& catalog, std::vector<std::string> exceptions) {
  catalog_ = &catalog;
  exceptions_ = std::move(exceptions);
}

void Aggregator::restore(std::vector<Window> open,
                         const std::vector<std::pair<std::string, WallTime>>& watermarks,
                         std::optional<WallTime> shelved_until) {
  live_.reserve(open.size());
  for (Window& window : open) {
    const std::string id = window.alert.id;
    Live& live = live_[id];
    live.place = by_end_.emplace(window.alert.window_end, id);
    live.window = std::move(window);
    weigh(live);
    if (live.window.alert.count != live.window.delivered_count) await_update(live);
  }
  for (const auto& [stream, time] : watermarks) watermark_.restore(stream, time);
  shelved_until_ = shelved_until;
}

void Aggregator::add(Batch& batch, std::optional<WallTime> wall, MonoTime now) {
  for (Match& match : batch.matches) {
    // Else one line that was cut before its time would have all that come after it, of any year,
    // join its alert of 1970, which has been told.
    if (match.event.time <= WallTime()) match.event.time = watermark_.time_of(batch.end.stream);
    observe_time(match, batch.end.stream, wall, now);
    if (match.exception != Match::kNoException) {
      ++suppressions_[exceptions_[match.exception]];
      continue;
    }
    const Exposure* exposure = match.write ? &batch.writes[*match.write].exposure : nullptr;
    for (const Group& group : match.groups) add_to_window(match, group, exposure);
  }
  // Silent is a log from its last line on.
  if (!batch.records.empty()) watermark_.set_at_end(batch.end.stream, false, now);
  watermark_.set_at_end(batch.end.stream, batch.at_end, now);
  while (by_end_.size() > options_.max_keys ||
         (bytes_ > options_.max_bytes && by_end_.size() > 1)) {
    close_oldest(now);
  }
}

void Aggregator::observe_time(const Match& match, const std::string& stream,
                              std::optional<WallTime> wall, MonoTime now) {
  if (!wall || match.event.time <= *wall + kAheadMax) {
    watermark_.observe(stream, match.event.time);
    return;
  }
  notify({"clock.ahead",
          "an audit event lies more than 5 minutes in the future: a clock is wrong, or the event "
          "is forged",
          {{"source", stream},
           {"audit_id", match.event.audit_id},
           {"event_time", format_time(match.event.time)}}},
         now);
}

void Aggregator::add_to_window(const Match& match, const Group& group, const Exposure* exposure) {
  const Rule& rule = (*catalog_)[match.rule];
  Live& live = open_window(rule, window_start(match.event.time, rule), group);
  const Novelty novelty = absorb(live.window, rule, match, exposure);
  weigh(live);
  touch(live.window.alert.id, live);
  if (live.window.alert.revision == 0 || novelty == Novelty::fresh) {
    announce(live);
  } else {
    await_update(live);
  }
}

Aggregator::Live& Aggregator::open_window(const Rule& rule, WallTime start, const Group& group) {
  const std::string id = alert_id(origin_, rule, start, group);
  const WallTime end = start + rule.aggregate.window;
  const auto found = live_.find(id);
  if (found != live_.end()) {
    extend(found->second, end);
    return found->second;
  }

  Live live;
  std::optional<Window> shelved;
  // By its start: it may have been closed at another end, while its rule's window was shorter.
  if (shelved_until_ && start < *shelved_until_) shelved = shelf_.find(id);
  live.window = shelved ? std::move(*shelved) : begin_window(origin_, rule, start, group);
  live.window.closed = false;
  Alert& alert = live.window.alert;
  alert.closed_early = false;
  alert.window_end = std::max(alert.window_end, end);
  live.place = by_end_.emplace(alert.window_end, id);
  return live_.emplace(id, std::move(live)).first->second;
}

// A window keeps the longest end that its rule gave it, so that it closes when no rule adds to it.
void Aggregator::extend(Live& live, WallTime end) {
  Alert& alert = live.window.alert;
  if (end <= alert.window_end) return;
  if (!live.closing) {
    auto place = by_end_.extract(live.place);
    place.key() = end;
    live.place = by_end_.insert(std::move(place));
  }
  alert.window_end = end;
}

void Aggregator::weigh(Live& live) {
  if (live.closing) return;
  bytes_ -= live.bytes;
  live.bytes = held_bytes(live.window);
  bytes_ += live.bytes;
}

void Aggregator::touch(const std::string& id, Live& live) {
  if (std::exchange(live.dirty, true)) return;
  dirty_.push_back(id);
}

void Aggregator::await_update(Live& live) {
  if (options_.update_every.count() == 0 || std::exchange(live.stale, true)) return;
  stale_.push_back(live.window.alert.id);
}

void Aggregator::announce(Live& live) {
  if (!live.announce && !live.closing) ++news_;
  live.announce = true;
}

void Aggregator::close(Live& live) {
  if (!live.announce && !live.closing) ++news_;
  live.closing = true;
  bytes_ -= std::exchange(live.bytes, 0);
  touch(live.window.alert.id, live);
}

void Aggregator::close_ended(WallTime limit) {
  while (!by_end_.empty() && by_end_.begin()->first <= limit) {
    close(live_.at(by_end_.begin()->second));
    by_end_.erase(by_end_.begin());
  }
}

void Aggregator::close_oldest(MonoTime now) {
  const auto oldest = by_end_.begin();
  Live& live = live_.at(oldest->second);
  live.window.alert.closed_early = true;
  close(live);
  by_end_.erase(oldest);
  notify({"aggregate.keys_bounded",
          "more groups than aggregate.max_keys or max_bytes allow: the oldest windows close "
          "early, and go on when they match again",
          {{"open_windows", std::to_string(by_end_.size())},
           {"max_keys", std::to_string(options_.max_keys)},
           {"max_bytes", std::to_string(options_.max_bytes)}}},
         now);
}

void Aggregator::advance(std::optional<WallTime> wall, MonoTime now) {
  if (auto reached = watermark_.overall(now)) {
    // A clock that was set back leaves a watermark from a time that is still to come.
    if (wall) reached = std::min(*reached, *wall + kAheadMax);
    close_ended(*reached - options_.lateness);
  }
  if (wall && watermark_.all_idle(now)) close_ended(*wall - options_.lateness);

  if (stale_.empty()) return;
  if (!next_update_) next_update_ = now + options_.update_every;
  if (now < *next_update_) return;
  next_update_.reset();
  for (const std::string& id : std::exchange(stale_, {})) {
    const auto found = live_.find(id);
    if (found == live_.end() || !std::exchange(found->second.stale, false)) continue;
    touch(id, found->second);
    announce(found->second);
  }
}

std::optional<MonoTime> Aggregator::next_deadline(std::optional<WallTime> wall,
                                                  MonoTime now) const {
  if (has_news()) return now;
  std::optional<MonoTime> next = watermark_.next_idle(now);
  const auto sooner = [&](MonoTime at) { next = next ? std::min(*next, at) : at; };
  if (!stale_.empty() && next_update_) sooner(*next_update_);
  if (wall && watermark_.all_idle(now) && !by_end_.empty()) {
    const Micros left = by_end_.begin()->first + options_.lateness - *wall;
    sooner(now + std::clamp<Micros>(left, Micros(0), kPatience));
  }
  return next;
}

void Aggregator::tell(Live& live, Changes& changes) {
  Alert& alert = live.window.alert;
  if (alert.revision == 0) {
    alert.phase = Phase::first;
  } else {
    alert.phase = live.closing ? Phase::final : Phase::update;
    live.window.closed = live.closing;
    if (live.closing) --news_;
  }
  if (!live.closing) --news_;
  ++alert.revision;
  live.announce = false;
  live.stale = false;
  live.window.delivered_count = alert.count;
  changes.outgoing.push_back({alert, {}});
}

Changes Aggregator::take_changes() {
  Changes changes;
  std::vector<std::string> again;
  for (const std::string& id : std::exchange(dirty_, {})) {
    Live& live = live_.at(id);
    live.dirty = false;
    if (live.announce || live.closing) tell(live, changes);
    if (!live.window.closed) {
      changes.windows.push_back(live.window);
      if (live.closing) again.push_back(id);
      continue;
    }
    const WallTime end = live.window.alert.window_end;
    shelved_until_ = shelved_until_ ? std::max(*shelved_until_, end) : end;
    changes.windows.push_back(std::move(live.window));
    live_.erase(id);
  }
  for (const std::string& id : again) touch(id, live_.at(id));
  changes.watermarks = watermark_.take_moved();
  changes.suppressions.assign(suppressions_.begin(), suppressions_.end());
  suppressions_.clear();
  return changes;
}

void Aggregator::notify(Notice notice, MonoTime now) {
  const auto again = notice_again_.find(notice.rule);
  if (again != notice_again_.end() && now < again->second) return;
  notice_again_[notice.rule] = now + kNoticeEvery;
  notices_.push_back(std::move(notice));
}

}  // namespace nodeportd
