#include "daemon/report/lookout.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"

namespace nodeportd {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRarest = std::chrono::seconds(30);
constexpr milliseconds kMostOften = std::chrono::milliseconds(250);
// Clocks that are disciplined drift by milliseconds a minute; what goes beyond was set, or the
// machine slept.
constexpr milliseconds kJump = std::chrono::seconds(60);

}  // namespace

milliseconds Lookout::every() const {
  milliseconds shortest =
      std::min({limits_.missing_after, limits_.unread_after, limits_.failing_after, 2 * kRarest});
  if (limits_.silence_after.count() > 0) shortest = std::min(shortest, limits_.silence_after);
  return std::clamp(shortest / 2, kMostOften, kRarest);
}

std::vector<Notice> Lookout::look(const Sight& sight) {
  for (auto& [key, trouble] : troubles_) trouble.lasts = false;
  for (const StreamStatus& stream : sight.streams) look_at(stream, sight.mono);
  for (const std::string& pattern : sight.patterns) {
    tell_after(limits_.missing_after, pattern, sight.mono, sight.mono,
               {"source.missing",
                "no audit log matches " + pattern + ": nothing is seen there",
                {{"path", pattern}}});
  }
  for (const CourierStatus& sink : sight.sinks) {
    if (sink.alive) continue;
    tell_after(
        limits_.failing_after, sink.sink, sight.mono, sight.mono,
        {"sink.failing",
         "sink " + sink.sink + " has taken nothing for " + format_duration(limits_.failing_after) +
             "; what is for it waits in the state: " + sink.last_error,
         {{"sink", sink.sink}, {"error", sink.last_error}}});
  }
  look_at_clock(sight);
  std::erase_if(troubles_, [](const auto& each) { return !each.second.lasts; });
  return std::exchange(notices_, {});
}

std::vector<std::pair<std::string, std::uint64_t>> Lookout::standing() const {
  std::vector<std::pair<std::string, std::uint64_t>> standing;
  for (const char* rule : {"source.missing", "source.silent", "source.behind", "sink.failing"}) {
    standing.emplace_back(rule, std::count_if(troubles_.begin(), troubles_.end(), [&](auto& each) {
                            return each.first.first == rule && each.second.told;
                          }));
  }
  return standing;
}

void Lookout::look_at(const StreamStatus& stream, MonoTime now) {
  Progress& progress =
      progress_.try_emplace(stream.path, Progress{stream.file, stream.offset, now}).first->second;
  if (progress.file != stream.file || progress.offset != stream.offset) {
    progress = {stream.file, stream.offset, now};
  }
  const std::string& path = stream.path;
  if (stream.waiting || stream.missing) {
    tell_after(limits_.missing_after, path, now, now,
               {"source.missing",
                "no audit log can be read at " + path + ": nothing is seen there",
                {{"path", path}}});
  } else if (stream.unread > limits_.unread_max) {
    tell_after(limits_.unread_after, path, now, now,
               {"source.behind",
                "reading " + path + " does not keep up: " + counted(stream.unread, "byte") +
                    " wait, and alerts come late",
                {{"path", path}, {"unread_bytes", std::to_string(stream.unread)}}});
  } else if (stream.unread == 0 && progress.since < now && limits_.silence_after.count() > 0) {
    tell_after(
        limits_.silence_after, path, progress.since, now,
        {"source.silent",
         "audit log " + path + " has brought no line for " + format_seconds(now - progress.since),
         {{"path", path}, {"offset", std::to_string(stream.offset)}}});
  }
}

void Lookout::look_at_clock(const Sight& sight) {
  const auto last = std::exchange(last_, std::pair(sight.wall, sight.mono));
  if (!last) return;
  const auto jump = std::chrono::duration_cast<milliseconds>((sight.wall - last->first) -
                                                             (sight.mono - last->second));
  if (std::chrono::abs(jump) < kJump) return;
  notices_.push_back(
      {"clock.jumped",
       std::string("the machine's clock jumped ") + (jump.count() > 0 ? "ahead" : "back") + " by " +
           format_duration(std::chrono::abs(jump)) + ": it was set, or the machine slept",
       {{"from", format_time(last->first)},
        {"to", format_time(sight.wall)},
        {"seconds", std::to_string(jump.count() / 1000)}}});
}

void Lookout::tell_after(milliseconds patience, const std::string& subject, MonoTime since,
                         MonoTime now, Notice notice) {
  Trouble& trouble =
      troubles_.try_emplace({notice.rule, subject}, Trouble{.since = since}).first->second;
  trouble.lasts = true;
  if (trouble.told || now - trouble.since < patience) return;
  trouble.told = true;
  notices_.push_back(std::move(notice));
}

std::vector<std::string> patterns_without_log(const std::vector<SourceConfig>& sources,
                                              const std::vector<StreamStatus>& streams) {
  std::vector<std::string> patterns;
  for (const SourceConfig& source : sources) {
    const auto is_of_it = [&](const StreamStatus& stream) {
      return stream.path == source.audit_log ||
             ::fnmatch(source.audit_log.c_str(), stream.path.c_str(), FNM_PATHNAME) == 0;
    };
    if (std::none_of(streams.begin(), streams.end(), is_of_it)) {
      patterns.push_back(source.audit_log);
    }
  }
  return patterns;
}

}  // namespace nodeportd
