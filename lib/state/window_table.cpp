// The windows of the store, and what the history knows of those that are gone.

#include <algorithm>
#include <string_view>

#include "state/codec.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

// For rows of (rowid, alert_id, body).
std::optional<Window> read_window(const Row& row, std::vector<DamagedRow>& damaged) {
  const std::string id(row.text(1));
  Result<Window> window = decode<Window>(id, row.text(2));
  if (window) return std::move(*window);
  damaged.push_back({DamagedRow::Table::windows, row.integer(0), id, window.error().text,
                     std::string(row.text(2))});
  return std::nullopt;
}

}  // namespace

Result<std::vector<Window>> Store::open_windows(std::size_t max) {
  const std::lock_guard guard(mutex_);
  std::vector<Window> windows;
  std::vector<DamagedRow> damaged;
  // Windows are large and many: growing step by step would hold them twice and move each.
  auto counted = database_.each(
      "SELECT count(*) FROM windows WHERE closed = 0",
      [&](const Row& row) { windows.reserve(std::min<std::uint64_t>(row.bits(0), max)); });
  if (!counted) return fail(counted.error());
  auto read = database_.each(
      "SELECT rowid, alert_id, body FROM windows WHERE closed = 0 ORDER BY window_end LIMIT ?",
      [&](const Row& row) {
        if (auto window = read_window(row, damaged)) windows.push_back(std::move(*window));
      },
      max);
  if (!read) return fail(read.error());
  if (!set_aside(damaged)) return windows;
  for (const DamagedRow& lost : damaged) {
    Result<std::optional<Window>> told = last_told(lost.name);
    if (!told) return fail(told.error());
    if (!*told) continue;
    (*told)->closed = false;  // so that its final revision comes
    windows.push_back(std::move(**told));
  }
  return windows;
}

Result<std::optional<Window>> Store::find_window(const std::string& alert_id) {
  const std::lock_guard guard(mutex_);
  std::optional<Window> window;
  std::vector<DamagedRow> damaged;
  auto read = database_.each(
      "SELECT rowid, alert_id, body FROM windows WHERE alert_id = ?",
      [&](const Row& row) { window = read_window(row, damaged); }, alert_id);
  if (!read) return fail(read.error());
  if (window) return window;
  (void)set_aside(damaged);
  return last_told(alert_id);
}

// The newest revision whose row is sound, under the newest number: a number that a sink may have
// seen must not come again.
Result<std::optional<Window>> Store::last_told(const std::string& alert_id) {
  std::optional<Window> window;
  std::uint32_t newest = 0;
  std::vector<DamagedRow> damaged;
  auto read = database_.each(
      "SELECT number, revision, epoch, body FROM alerts WHERE alert_id = ? ORDER BY number DESC",
      [&](const Row& row) {
        const auto revision = static_cast<std::uint32_t>(row.integer(1));
        if (newest == 0) newest = revision;
        const std::string key =
            alert_id + '.' + std::string(row.text(2)) + '.' + std::to_string(revision);
        Result<Alert> alert = decode<Alert>(key, row.text(3));
        if (!alert) {
          damaged.push_back({DamagedRow::Table::alerts, row.integer(0), key, alert.error().text,
                             std::string(row.text(3))});
          return true;
        }
        alert->revision = newest;
        const std::uint64_t count = alert->count;
        window = Window{std::move(*alert), {}, count, true};
        return false;
      },
      alert_id);
  if (!read) return fail(read.error());
  (void)set_aside(damaged);
  return window;
}

Result<std::optional<WallTime>> Store::shelved_until() {
  const std::lock_guard guard(mutex_);
  std::optional<WallTime> until;
  auto read = database_.each("SELECT value FROM meta WHERE name = 'shelved_until'",
                             [&](const Row& row) { until = row.time(0); });
  if (!read) return fail(read.error());
  return until;
}

Result<void> Store::for_each_window(const std::function<void(const Window&)>& visit) {
  const std::lock_guard guard(mutex_);
  std::vector<DamagedRow> damaged;
  auto read = database_.each(
      "SELECT rowid, alert_id, body FROM windows ORDER BY window_start, rule_id, group_key",
      [&](const Row& row) {
        if (auto window = read_window(row, damaged)) visit(*window);
      });
  if (!read) return read;
  (void)set_aside(damaged);
  return {};
}

}  // namespace nodeportd
