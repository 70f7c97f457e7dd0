#include "aggregate/watermark.hpp"

#include <algorithm>

namespace nodeportd {

Watermark::Stream& Watermark::stream(const std::string& name) {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [&](const Stream& each) { return each.name == name; });
  if (found != streams_.end()) return *found;
  streams_.push_back({name, std::nullopt, std::nullopt, false});
  return streams_.back();
}

bool Watermark::idle(const Stream& stream, MonoTime now) const {
  return stream.at_end_since && now - *stream.at_end_since >= idle_after_;
}

void Watermark::restore(const std::string& stream_name, WallTime time) {
  stream(stream_name).time = time;
}

void Watermark::observe(const std::string& stream_name, WallTime time) {
  Stream& moved = stream(stream_name);
  if (moved.time && *moved.time >= time) return;
  moved.time = time;
  moved.moved = true;
}

void Watermark::set_at_end(const std::string& stream_name, bool at_end, MonoTime now) {
  Stream& changed = stream(stream_name);
  if (!at_end) {
    changed.at_end_since.reset();
  } else if (!changed.at_end_since) {
    changed.at_end_since = now;
  }
}

WallTime Watermark::time_of(const std::string& stream) const {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [&](const Stream& each) { return each.name == stream; });
  return found == streams_.end() ? WallTime() : found->time.value_or(WallTime());
}

std::optional<WallTime> Watermark::overall(MonoTime now) const {
  std::optional<WallTime> least;
  std::optional<WallTime> most;
  bool all_are_idle = true;
  for (const Stream& each : streams_) {
    if (each.time) most = most ? std::max(*most, *each.time) : *each.time;
    if (idle(each, now)) continue;
    all_are_idle = false;
    if (!each.time) return std::nullopt;  // it may begin anywhere
    least = least ? std::min(*least, *each.time) : *each.time;
  }
  return all_are_idle ? most : least;
}

bool Watermark::all_idle(MonoTime now) const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [&](const Stream& each) { return idle(each, now); });
}

std::optional<MonoTime> Watermark::next_idle(MonoTime now) const {
  std::optional<MonoTime> next;
  for (const Stream& each : streams_) {
    if (!each.at_end_since || idle(each, now)) continue;
    const MonoTime at = *each.at_end_since + idle_after_;
    next = next ? std::min(*next, at) : at;
  }
  return next;
}

std::vector<std::pair<std::string, WallTime>> Watermark::take_moved() {
  std::vector<std::pair<std::string, WallTime>> moved;
  for (Stream& each : streams_) {
    if (!std::exchange(each.moved, false)) continue;
    moved.emplace_back(each.name, *each.time);
  }
  return moved;
}

}  // namespace nodeportd
