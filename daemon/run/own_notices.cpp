#include "daemon/run/own_notices.hpp"

#include <chrono>

#include "base/time_text.hpp"
#include "base/units.hpp"

namespace nodeportd {

Notice started_notice(const LastRun& last, WallTime now) {
  Notice notice{"daemon.started", "nodeportd started", {{"version", NODEPORTD_VERSION}}};
  switch (last.end) {
    case LastRun::End::first_start:
      notice.text += " for the first time on this state";
      notice.facts.emplace_back("last_run", "none");
      break;
    case LastRun::End::clean:
      notice.text += "; the last run ended cleanly";
      notice.facts.emplace_back("last_run", "clean");
      break;
    case LastRun::End::crashed:
      notice.text += "; the last run did not end cleanly";
      notice.facts.emplace_back("last_run", "crashed");
      break;
  }
  if (last.last_commit) {
    const auto gap = std::chrono::duration_cast<std::chrono::milliseconds>(now - *last.last_commit);
    notice.text += ", " + format_duration(gap) + " after its last commit";
    notice.facts.emplace_back("last_commit", format_time(*last.last_commit));
    notice.facts.emplace_back("gap_seconds", std::to_string(gap.count() / 1000));
  }
  return notice;
}

Notice stopped_notice(WallTime started, const WorkerCounters& counters) {
  return {"daemon.stopped",
          "nodeportd stopped: asked to",
          {{"started", format_time(started)},
           {"records", std::to_string(counters.records.get())},
           {"matches", std::to_string(counters.matches.get())}}};
}

std::vector<std::pair<std::string, std::string>> beat_facts(
    const WorkerCounters& counters, const std::vector<StreamStatus>& streams) {
  std::vector<std::pair<std::string, std::string>> facts = {
      {"records", std::to_string(counters.records.get())},
      {"matches", std::to_string(counters.matches.get())},
      {"uninspectable", std::to_string(counters.uninspectable.get())}};
  for (const StreamStatus& stream : streams) {
    facts.emplace_back("log", stream.path);
    facts.emplace_back("file", stream.file);
    facts.emplace_back("offset", std::to_string(stream.offset));
    facts.emplace_back("unread_bytes", std::to_string(stream.unread));
  }
  return facts;
}

}  // namespace nodeportd
