#include "state/salvage.hpp"

#include <string_view>

namespace nodeportd {
namespace {

struct Table {
  std::string_view forward;
  std::string_view backward;  // reaches the rows behind a damaged page
  std::string_view insert;
};

std::int64_t copy(const Table& table, Database& damaged, Database& fresh) {
  std::int64_t saved = 0;
  const auto keep = [&](const Row& row) { saved += fresh.run_row(table.insert, row).value_or(0); };
  if (!damaged.each(table.forward, keep)) (void)damaged.each(table.backward, keep);
  return saved;
}

constexpr Table kPositions = {"SELECT * FROM positions NOT INDEXED",
                              "SELECT * FROM positions NOT INDEXED ORDER BY rowid DESC",
                              "INSERT OR IGNORE INTO positions VALUES (?, ?, ?, ?, ?)"};
constexpr Table kWindows = {"SELECT * FROM windows NOT INDEXED",
                            "SELECT * FROM windows NOT INDEXED ORDER BY rowid DESC",
                            "INSERT OR IGNORE INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Table kAlerts = {"SELECT * FROM alerts NOT INDEXED",
                           "SELECT * FROM alerts NOT INDEXED ORDER BY rowid DESC",
                           "INSERT OR IGNORE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr Table kServices = {"SELECT * FROM services NOT INDEXED",
                             "SELECT * FROM services NOT INDEXED ORDER BY rowid DESC",
                             "INSERT OR IGNORE INTO services VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr Table kAuditIds = {"SELECT * FROM audit_id_runs",
                             "SELECT * FROM audit_id_runs ORDER BY last DESC",
                             "INSERT OR IGNORE INTO audit_id_runs VALUES (?, ?)"};
constexpr Table kOutbox = {"SELECT * FROM outbox NOT INDEXED",
                           "SELECT * FROM outbox NOT INDEXED ORDER BY rowid DESC",
                           "INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Table kDeadLetters = {"SELECT * FROM dead_letters NOT INDEXED",
                                "SELECT * FROM dead_letters NOT INDEXED ORDER BY rowid DESC",
                                "INSERT OR IGNORE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Table kSinks = {"SELECT * FROM sinks", "SELECT * FROM sinks ORDER BY sink DESC",
                          "INSERT OR IGNORE INTO sinks VALUES (?, ?, ?)"};
constexpr Table kWatermarks = {"SELECT * FROM watermarks",
                               "SELECT * FROM watermarks ORDER BY stream DESC",
                               "INSERT OR IGNORE INTO watermarks VALUES (?, ?)"};
constexpr Table kSuppressions = {"SELECT * FROM suppressions",
                                 "SELECT * FROM suppressions ORDER BY exception DESC",
                                 "INSERT OR IGNORE INTO suppressions VALUES (?, ?)"};
// The epoch is new: what was not saved must not come again under its old name. Nor can it be said
// since when Services are known, some of them being lost.
constexpr Table kMeta = {
    "SELECT * FROM meta WHERE name NOT IN ('epoch', 'services_since')",
    "SELECT * FROM meta WHERE name NOT IN ('epoch', 'services_since') ORDER BY name DESC",
    "INSERT OR IGNORE INTO meta VALUES (?, ?)"};

}  // namespace

Salvage salvage(const std::string& path, Database& fresh) {
  Salvage saved;
  Result<Database> damaged = Database::open(path, Database::Access::existing);
  Transaction transaction(fresh);
  // A writable schema is SQLite's word for reading a file that is shorter than it says.
  if (damaged && damaged->execute("PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON;"
                                  "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -2048;")) {
    (void)copy(kMeta, *damaged, fresh);
    saved.positions = copy(kPositions, *damaged, fresh);
    saved.windows = copy(kWindows, *damaged, fresh);
    saved.alerts = copy(kAlerts, *damaged, fresh);
    saved.outbox = copy(kOutbox, *damaged, fresh);
    saved.services = copy(kServices, *damaged, fresh);
    (void)copy(kDeadLetters, *damaged, fresh);
    for (const Table& table : {kSinks, kWatermarks, kSuppressions, kAuditIds}) {
      (void)copy(table, *damaged, fresh);
    }
  }
  // A file was there, whatever it said: the last run did not end cleanly.
  transaction.run(
      "INSERT INTO meta VALUES ('run', 'running') "
      "ON CONFLICT (name) DO UPDATE SET value = 'running'");
  if (!transaction.commit()) return {};
  return saved;
}

}  // namespace nodeportd
