// What a person is shown of the history, while the ledger goes on writing it.

#include <limits>
#include <set>
#include <string_view>

#include "state/codec.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kPageRows = 100;  // read under the lock: a millisecond at most
constexpr std::size_t kLookedAtMax = 10'000;

struct EncodedAlert {
  std::string key;
  std::string body;
  WallTime committed;
};

}  // namespace

Result<RecentAlerts> Store::recent_alerts(WallTime since, std::size_t max) {
  RecentAlerts recent;
  std::set<std::string> ids;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  for (std::size_t looked_at = 0; looked_at < kLookedAtMax; looked_at += kPageRows) {
    std::vector<EncodedAlert> page;
    std::size_t rows = 0;
    Result<void> read;
    {
      const std::lock_guard guard(mutex_);
      read = database_.each(
          "SELECT number, alert_id, revision, epoch, committed, body FROM alerts "
          "WHERE number < ? ORDER BY number DESC LIMIT ?",
          [&](const Row& row) {
            if (row.time(4) < since) return false;
            ++rows;
            before = row.integer(0);
            std::string id(row.text(1));
            if (!ids.insert(id).second) return true;
            page.push_back(
                {id + '.' + std::string(row.text(3)) + '.' + std::to_string(row.integer(2)),
                 std::string(row.text(5)), row.time(4)});
            return true;
          },
          before, kPageRows);
    }
    if (!read) return fail(read.error());
    for (const EncodedAlert& encoded : page) {
      if (recent.alerts.size() == max) {
        recent.is_cut = true;
        return recent;
      }
      if (Result<Alert> alert = decode<Alert>(encoded.key, encoded.body)) {
        recent.alerts.push_back({std::move(*alert), encoded.committed});
      }
    }
    if (rows < kPageRows) return recent;
  }
  recent.is_cut = true;
  return recent;
}

Result<std::uint64_t> Store::count_open_services() {
  const std::lock_guard guard(mutex_);
  std::uint64_t count = 0;
  auto read = database_.each("SELECT count(*) FROM services WHERE open = 1",
                             [&](const Row& row) { count = row.bits(0); });
  if (!read) return fail(read.error());
  return count;
}

}  // namespace nodeportd
