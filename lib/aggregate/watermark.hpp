#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace nodeportd {

// How far event time has come: it decides WHEN a window's final figures go out, never what they
// are (docs/adr/0003-event-time.md). Per stream it is the largest event time of the stream's
// matches; overall the smallest over streams that are not idle, since any of those may still bring
// an older event.
class Watermark {
 public:
  // A stream at its end for this long does not hold the others back.
  explicit Watermark(std::chrono::milliseconds idle_after) : idle_after_(idle_after) {}

  void restore(const std::string& stream, WallTime time);
  // A match of `stream` happened at `time`.
  void observe(const std::string& stream, WallTime time);
  // The stream has, or has not, unread bytes.
  void set_at_end(const std::string& stream, bool at_end, MonoTime now);

  // The largest event time of the stream's matches; 1970 before the first.
  [[nodiscard]] WallTime time_of(const std::string& stream) const;
  // nullopt: nothing can be said yet.
  [[nodiscard]] std::optional<WallTime> overall(MonoTime now) const;
  // Every stream is at its end and idle, so that the wall clock may close windows too.
  [[nodiscard]] bool all_idle(MonoTime now) const;
  // When all_idle() or overall() may change without a call of the above; nullopt: never.
  [[nodiscard]] std::optional<MonoTime> next_idle(MonoTime now) const;

  // The streams whose mark moved since the last call.
  [[nodiscard]] std::vector<std::pair<std::string, WallTime>> take_moved();

 private:
  struct Stream {
    std::string name;
    std::optional<WallTime> time;
    std::optional<MonoTime> at_end_since;
    bool moved = false;
  };
  Stream& stream(const std::string& name);
  [[nodiscard]] bool idle(const Stream& stream, MonoTime now) const;

  std::chrono::milliseconds idle_after_;
  std::vector<Stream> streams_;  // few: one per followed path
};

}  // namespace nodeportd
