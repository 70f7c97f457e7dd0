// What the store knows of Services, and of the writes that led there.

#include <algorithm>
#include <string_view>

#include "state/audit_id_runs.hpp"
#include "state/codec.hpp"
#include "state/row_key.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kRunsMax = 1'000;      // rows that are read at a start
constexpr std::uint64_t kServicesShare = 4;  // Services may take this part of max_size

// For rows of (rowid, cluster, ns, name, body).
std::optional<KnownService> read_service(const Row& row, std::vector<DamagedRow>& damaged) {
  Result<KnownService> service =
      decode<KnownService>(service_key(row.text(1), row.text(2), row.text(3)), row.text(4));
  if (service) return std::move(*service);
  damaged.push_back({DamagedRow::Table::services, row.integer(0),
                     std::string(row.text(2)) + '/' + std::string(row.text(3)),
                     service.error().text, std::string(row.text(4))});
  return std::nullopt;
}

}  // namespace

void Store::put_service(Transaction& transaction, const ServiceChange& change) {
  const KnownService& service = change.service;
  switch (change.kind) {
    case ServiceChange::Kind::all_forgotten:
      transaction.run("DELETE FROM services");
      transaction.run("DELETE FROM meta WHERE name = 'services_since'");
      return;
    case ServiceChange::Kind::forgotten:
      transaction.run("DELETE FROM services WHERE cluster = ? AND ns = ? AND name = ?",
                      service.cluster, service.ns, service.name);
      return;
    case ServiceChange::Kind::known:
      break;
  }
  const std::string body = encode(service_key(service.cluster, service.ns, service.name), service);
  transaction.run(
      "INSERT INTO services VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cluster, ns, name) "
      "DO UPDATE SET uid = excluded.uid, open = excluded.open, updated = excluded.updated, "
      "body = excluded.body",
      service.cluster, service.ns, service.name, service.uid, service.is_open(), service.updated,
      Blob{body});
}

void Store::put_audit_ids(Transaction& transaction, std::span<const AuditIdUse> uses) {
  if (uses.empty()) return;
  put_audit_id_runs(transaction, uses);
  const std::uint64_t newest = uses.back().sequence;
  if (newest <= kAuditIdsMax) return;
  transaction.run("DELETE FROM audit_id_runs WHERE last <= ?", newest - kAuditIdsMax);
}

void Store::put_services_since(Transaction& transaction, const Changes& changes) {
  WallTime since = WallTime::max();
  const auto count_in = [&](WallTime time) {
    if (time > WallTime()) since = std::min(since, time);  // else the event told none
  };
  for (const AuditIdUse& use : changes.audit_ids) count_in(use.time);
  for (const ServiceChange& change : changes.services) count_in(change.service.updated);
  if (since == WallTime::max()) return;
  transaction.run(
      "INSERT INTO meta VALUES ('services_since', ?) ON CONFLICT (name) "
      "DO UPDATE SET value = excluded.value WHERE excluded.value < value",
      since);
}

void Store::bound_services(Transaction& transaction) const {
  Usage usage;
  transaction.each("SELECT count, bytes FROM usage WHERE owner = 'services'",
                   [&](const Row& row) { usage = {row.bits(0), row.bits(1)}; });
  const auto is_within = [&] {
    return usage.count <= options_.max_services &&
           usage.bytes <= options_.max_size / kServicesShare;
  };
  if (is_within()) return;
  std::vector<std::int64_t> doomed;
  transaction.each("SELECT rowid, length(body) FROM services ORDER BY open, updated",
                   [&](const Row& row) {
                     if (is_within()) return false;
                     doomed.push_back(row.integer(0));
                     usage.count -= 1;
                     usage.bytes -= row.bits(1);
                     return true;
                   });
  for (const std::int64_t row : doomed) {
    transaction.run("DELETE FROM services WHERE rowid = ?", row);
  }
  transaction.run(
      "INSERT INTO meta VALUES ('services_given_up', ?) ON CONFLICT (name) "
      "DO UPDATE SET value = value + excluded.value",
      doomed.size());
}

Result<std::optional<KnownService>> Store::find_service(std::string_view cluster,
                                                        std::string_view ns,
                                                        std::string_view name) {
  const std::lock_guard guard(mutex_);
  std::optional<KnownService> service;
  std::vector<DamagedRow> damaged;
  auto read = database_.each(
      "SELECT rowid, cluster, ns, name, body FROM services "
      "WHERE cluster = ? AND ns = ? AND name = ?",
      [&](const Row& row) { service = read_service(row, damaged); }, cluster, ns, name);
  if (!read) return fail(read.error());
  (void)set_aside(damaged);
  return service;
}

Result<std::size_t> Store::for_each_service(const std::function<void(const KnownService&)>& visit) {
  const std::lock_guard guard(mutex_);
  std::vector<DamagedRow> damaged;
  auto read = database_.each(
      "SELECT rowid, cluster, ns, name, body FROM services ORDER BY cluster, ns, name",
      [&](const Row& row) {
        if (const auto service = read_service(row, damaged)) visit(*service);
      });
  if (!read) return fail(read.error());
  (void)set_aside(damaged);
  return damaged.size();
}

Result<ServiceHistory> Store::service_history() {
  const std::lock_guard guard(mutex_);
  ServiceHistory history;
  auto read = database_.each(
      "SELECT name, value FROM meta WHERE name IN ('services_since', 'services_given_up')",
      [&](const Row& row) {
        if (row.text(0) == "services_since") history.since = row.time(1);
        if (row.text(0) == "services_given_up") history.given_up = row.bits(1);
      });
  if (!read) return fail(read.error());
  return history;
}

Result<std::vector<AuditIdUse>> Store::audit_ids() {
  const std::lock_guard guard(mutex_);
  std::vector<AuditIdUse> uses;
  std::vector<DamagedRow> damaged;
  std::size_t runs = 0;
  auto read =
      database_.each("SELECT last, uses FROM audit_id_runs ORDER BY last", [&](const Row& row) {
        ++runs;
        const std::string key = std::to_string(row.integer(0));
        Result<AuditIdRun> run = decode<AuditIdRun>(key, row.text(1));
        if (run) {
          uses.insert(uses.end(), run->uses.begin(), run->uses.end());
        } else {
          damaged.push_back({DamagedRow::Table::audit_id_runs, row.integer(0), key,
                             run.error().text, std::string(row.text(1))});
        }
      });
  if (!read) return fail(read.error());
  (void)set_aside(damaged);
  if (runs > kRunsMax) merge_audit_id_runs(uses);
  if (!uses.empty()) {
    const std::uint64_t newest = uses.back().sequence;
    std::erase_if(uses,
                  [&](const AuditIdUse& use) { return use.sequence + kAuditIdsMax <= newest; });
  }
  return uses;
}

// A node with few writes commits each alone: so many rows would take long to read at every start.
// If it does not succeed they stay.
void Store::merge_audit_id_runs(std::span<const AuditIdUse> uses) {
  Transaction transaction(database_);
  transaction.run("DELETE FROM audit_id_runs");
  put_audit_id_runs(transaction, uses);
  (void)transaction.commit();
}

Result<std::uint64_t> Store::last_audit_sequence() {
  const std::lock_guard guard(mutex_);
  std::uint64_t sequence = 0;
  auto read = database_.each("SELECT ifnull(max(last), 0) FROM audit_id_runs",
                             [&](const Row& row) { sequence = row.bits(0); });
  if (!read) return fail(read.error());
  return sequence;
}

}  // namespace nodeportd
