#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "model/notice.hpp"
#include "sink/courier.hpp"
#include "source/stream.hpp"

namespace nodeportd {

// Turns what stands into notices: one when a trouble has lasted for its time, and none again
// before it was over. Pure; one thread.
class Lookout {
 public:
  struct Sight {
    std::vector<StreamStatus> streams;
    std::vector<std::string> patterns;  // of logs, that match no file
    std::vector<CourierStatus> sinks;
    WallTime wall{};
    MonoTime mono{};
  };

  explicit Lookout(LookoutConfig limits) : limits_(std::move(limits)) {}

  // What troubles has lasted so far counts on.
  void use(LookoutConfig limits) { limits_ = std::move(limits); }

  // How often to look, so that a trouble is told in good time and an idle daemon is hardly woken.
  [[nodiscard]] std::chrono::milliseconds every() const;
  [[nodiscard]] std::vector<Notice> look(const Sight& sight);
  // Of each kind of trouble, how many were told and last.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> standing() const;

 private:
  struct Trouble {
    MonoTime since;
    bool told = false;
    bool lasts = true;  // seen in this look
  };
  struct Progress {
    std::string file;
    std::uint64_t offset = 0;
    MonoTime since;
  };

  void look_at(const StreamStatus& stream, MonoTime now);
  void look_at_clock(const Sight& sight);
  // `notice` is told once it has lasted since `since` for `patience`. Its rule and `subject` tell
  // it from others.
  void tell_after(std::chrono::milliseconds patience, const std::string& subject, MonoTime since,
                  MonoTime now, Notice notice);

  LookoutConfig limits_;
  std::map<std::pair<std::string, std::string>, Trouble> troubles_;
  std::map<std::string, Progress> progress_;  // by path of the log
  std::optional<std::pair<WallTime, MonoTime>> last_;
  std::vector<Notice> notices_;
};

// Of `sources` those for which there is no log among `streams`.
[[nodiscard]] std::vector<std::string> patterns_without_log(
    const std::vector<SourceConfig>& sources, const std::vector<StreamStatus>& streams);

}  // namespace nodeportd
