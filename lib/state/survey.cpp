// What people and scrapers are shown of the state, while the ledger goes on writing it.

#include <chrono>
#include <limits>
#include <set>
#include <string_view>

#include "state/codec.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kPageRows = 100;  // read under the lock: a millisecond at most
// What is held of a page, and one alert more: each may be as large as strangers make it.
constexpr std::size_t kPageBytes = 1U << 20U;
constexpr std::size_t kLookedAtMax = 10'000;

// A write on a disk that stands keeps the lock for as long as the disk does. Whoever only looks
// answers probes, too.
constexpr std::chrono::milliseconds kPatience{500};
constexpr const char* kStands = "the state: a write of it has not ended";

struct EncodedAlert {
  std::string key;
  std::string body;
  WallTime committed;
};

struct AlertPage {
  std::vector<EncodedAlert> alerts;
  std::size_t rows = 0;
  bool is_last = true;
};

}  // namespace

Result<More> Store::for_each_recent_alert(
    WallTime since, std::size_t max,
    const std::function<void(const Alert&, WallTime committed)>& visit) {
  std::set<std::string> ids;
  std::size_t visited = 0;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  for (std::size_t looked_at = 0; looked_at < kLookedAtMax;) {
    AlertPage page;
    std::size_t bytes = 0;
    Result<void> read;
    {
      const std::unique_lock lock(mutex_, kPatience);
      if (!lock) return fail(ErrorKind::io, kStands);
      read = database_.each(
          "SELECT number, alert_id, revision, epoch, committed, body FROM alerts "
          "WHERE number < ? ORDER BY number DESC LIMIT ?",
          [&](const Row& row) {
            if (row.time(4) < since) return page.is_last = true, false;
            ++page.rows;
            before = row.integer(0);
            page.is_last = page.rows < kPageRows;
            std::string id(row.text(1));
            if (!ids.insert(id).second) return true;
            page.alerts.push_back(
                {id + '.' + std::string(row.text(3)) + '.' + std::to_string(row.integer(2)),
                 std::string(row.text(5)), row.time(4)});
            bytes += page.alerts.back().body.size();
            if (bytes < kPageBytes) return true;
            return page.is_last = false;
          },
          before, kPageRows);
    }
    if (!read) return fail(read.error());
    for (const EncodedAlert& encoded : page.alerts) {
      if (visited == max) return More::some;
      if (const Result<Alert> alert = decode<Alert>(encoded.key, encoded.body)) {
        visit(*alert, encoded.committed);
        ++visited;
      }
    }
    if (page.is_last) return More::none;
    looked_at += page.rows;
  }
  return More::some;
}

Result<StateSurvey> Store::survey(std::span<const std::string> sinks) {
  const std::unique_lock lock(mutex_, kPatience);
  if (!lock) return fail(ErrorKind::io, kStands);
  StateSurvey survey;
  for (const std::string& sink : sinks) {
    Result<Usage> waiting = usage("sink/" + sink);
    if (!waiting) return fail(waiting.error());
    Result<std::optional<WallTime>> oldest = oldest_pending(sink);
    if (!oldest) return fail(oldest.error());
    survey.sinks[sink] = {*waiting, *oldest};
  }
  Result<Usage> waiting = usage("waiting");
  if (!waiting) return fail(waiting.error());
  survey.outbox = *waiting;
  survey.quarantined = quarantine_.taken();
  auto counted = database_.each("SELECT count(*) FROM services WHERE open = 1",
                                [&](const Row& row) { survey.open_services = row.bits(0); });
  if (!counted) return fail(counted.error());
  return survey;
}

// Not the first of them: a newer revision has taken the place of an older one.
Result<std::optional<WallTime>> Store::oldest_pending(const std::string& sink) {
  std::optional<WallTime> oldest;
  auto read = database_.each(
      "SELECT committed FROM alerts WHERE number IN "
      "(SELECT alert FROM outbox WHERE sink = ? ORDER BY sequence LIMIT 100) "
      "ORDER BY committed LIMIT 1",
      [&](const Row& row) { oldest = row.time(0); }, sink);
  if (!read) return fail(read.error());
  return oldest;
}

}  // namespace nodeportd
