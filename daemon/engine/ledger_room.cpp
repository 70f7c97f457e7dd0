// What the ledger does when there is no room for what is found: in the outbox, in memory, on disk.

#include <algorithm>
#include <utility>

#include "daemon/engine/ledger.hpp"

namespace nodeportd {
namespace {

using std::chrono::milliseconds;

// Reading that waits for less is only slow.
constexpr milliseconds kPauseToldAfter{1'000};
// A full outbox gives up this part of itself at a time.
constexpr std::uint64_t kExpireShare = 10;
constexpr milliseconds kPruneEvery = std::chrono::minutes(10);

}  // namespace

bool Ledger::make_room(MonoTime now) {
  if (parts_.time == Time::replayed) return true;
  std::string why;
  if (!make_room_in_outbox()) why = "no sink takes alerts and the outbox is full";
  if (!make_room_in_memory()) why = "the state cannot be written and what waits in memory is full";
  note_pause(why, now);
  return why.empty();
}

void Ledger::note_pause(const std::string& why, MonoTime now) {
  if (why.empty()) {
    if (std::exchange(is_pause_told_, false)) {
      parts_.log.info("there is room for alerts again: reading goes on");
    }
    paused_since_.reset();
  } else if (!paused_since_) {
    paused_since_ = now;
  } else if (now - *paused_since_ >= kPauseToldAfter && !std::exchange(is_pause_told_, true)) {
    tell({"reading.paused",
          why + ": reading waits, and goes on by itself when that is over",
          {{"reason", why}}});
  }
  const std::lock_guard lock(mutex_);
  status_.paused = !why.empty();
}

bool Ledger::make_room_in_outbox() {
  if (!std::exchange(check_room_, false)) return true;
  const auto usage = parts_.store.outbox_usage();
  const bool is_full = usage && usage->bytes >= parts_.outbox_max;
  const std::optional<std::string> victim = is_full ? expirable_sink() : std::nullopt;
  if (victim) expire(*victim);
  check_room_ = is_full;
  return !is_full || victim;
}

// What the sinks have taken gives way first: the history will lack it. Then what waits for a sink
// that takes nothing while another does. What no sink takes is found again by reading on later.
bool Ledger::make_room_in_memory() {
  if (!retry_commit_ || backlog_.bytes() < parts_.backlog_max) return true;
  if (parts_.outlets.is_any_alive()) {
    for (const auto& [sink, alerts] : parts_.outlets.give_up_undurable()) {
      tell({"sink.expired",
            "the state cannot be written and memory is full: the oldest alerts for sink " + sink +
                " are given up",
            {{"sink", sink}, {"alerts", std::to_string(alerts)}}});
    }
  }
  if (parts_.outlets.undurable_waiting() == 0) backlog_.forget_told(parts_.backlog_max / 2);
  return backlog_.bytes() < parts_.backlog_max;
}

std::optional<std::string> Ledger::expirable_sink() {
  const auto waiting = parts_.store.waiting_sinks();
  if (!waiting) return std::nullopt;
  const std::vector<std::string> known = parts_.outlets.names();
  std::optional<std::string> fullest;
  std::uint64_t most = 0;
  for (const std::string& sink : *waiting) {
    // What waits for a sink that no config names any more goes first.
    if (std::find(known.begin(), known.end(), sink) == known.end()) return sink;
    if (parts_.outlets.is_alive(sink) || !parts_.outlets.is_any_alive()) continue;
    const auto usage = parts_.store.pending_usage(sink);
    if (!usage || usage->bytes <= most) continue;
    most = usage->bytes;
    fullest = sink;
  }
  return fullest;
}

void Ledger::expire(const std::string& sink) {
  const auto expired =
      parts_.store.expire(sink, parts_.outbox_max / kExpireShare, parts_.clock.wall());
  if (!expired || *expired == 0) return;
  tell({"sink.expired",
        "the outbox is full: the oldest alerts for sink " + sink +
            " are given up; `nodeportd deadletters` lists and resends them",
        {{"sink", sink}, {"alerts", std::to_string(*expired)}}});
}

void Ledger::prune(MonoTime now) {
  // A replay's windows are as old as its log: pruning is for the state that stays.
  if (parts_.time == Time::replayed || now < next_prune_) return;
  const WallTime wall = steady_wall_.at(parts_.clock.wall(), now);
  const auto has_more = parts_.store.prune(wall, parts_.aggregate.lateness);
  next_prune_ = now + (has_more && *has_more ? milliseconds(0) : kPruneEvery);
}

}  // namespace nodeportd
