#include "daemon/verbs/rule_test_run.hpp"

#include <sys/mman.h>

#include <string>
#include <utility>

#include "base/fd.hpp"
#include "base/files.hpp"
#include "daemon/verbs/replay_engine.hpp"
#include "decode/event_reader.hpp"
#include "sink/format.hpp"

namespace nodeportd {
namespace {

constexpr const char* kName = "rule test";

// A log that lies in memory and that can be opened by its path all the same.
class MemoryLog {
 public:
  [[nodiscard]] static Result<MemoryLog> write(const std::vector<std::string>& records) {
    MemoryLog log;
    log.fd_ = Fd(::memfd_create(kName, MFD_CLOEXEC));
    if (!log.fd_.is_open()) return fail_errno(errno, kName);
    for (const std::string& record : records) {
      if (const auto done = write_all(log.fd_.get(), record + '\n'); !done) {
        return fail(done.error());
      }
    }
    return log;
  }

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  Fd fd_;
};

// What is written as an event has to be one: the scan may pass it over, and then `alerts: []` would
// be right for the wrong reason.
void check_readable(const RuleTest& test, std::vector<Difference>& found) {
  EventReader reader;
  for (std::size_t i = 0; i < test.records.size(); ++i) {
    if (!test.records[i].starts_with('{')) continue;
    reader.read(
        test.records[i], [](const AuditEvent&, std::uint32_t) {},
        [&](std::string_view, Reject reject, std::uint32_t) {
          found.push_back({"events[" + std::to_string(i) + ']', "an event",
                           "what cannot be read: " + std::string(to_text(reject))});
        });
  }
}

}  // namespace

Result<std::vector<Difference>> run_rule_test(const RuleSet& rules, const RuleTest& test) {
  std::vector<Difference> found;
  check_readable(test, found);
  const Result<MemoryLog> log = MemoryLog::write(test.records);
  if (!log) return fail(log.error());
  std::string alerts;
  const auto take = [&](const Alert& alert) {
    if (alert.rule_id == builtin::line_uninspectable().id) {
      found.push_back({"events", "what can be read", to_line(alert)});
    } else if (alert.rule_id == rules.catalog().front().id) {
      alerts += (alerts.empty() ? "" : ",") + to_json(alert);
    }
  };
  const Result<Replayed> replayed =
      replay_files({log->path()}, rules, {}, [](std::uint64_t) {}, take);
  if (!replayed) return fail(replayed.error());

  const std::string list = '[' + alerts + ']';
  AuditDecoder decoder;
  decoder.open(list);
  const auto got = decoder.next();
  if (!got || !*got) return fail(ErrorKind::full, "the alerts of a test are too large to compare");
  std::vector<Difference> differing = differences(test.alerts, **got, "alerts");
  found.insert(found.end(), std::make_move_iterator(differing.begin()),
               std::make_move_iterator(differing.end()));
  return found;
}

}  // namespace nodeportd
