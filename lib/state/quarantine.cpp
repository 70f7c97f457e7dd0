#include "state/quarantine.hpp"

#include <fmt/format.h>

#include <string_view>

namespace nodeportd {
namespace {

constexpr std::size_t kNoticesMax = 64;

std::string_view table_name(DamagedRow::Table table) {
  switch (table) {
    case DamagedRow::Table::positions:
      return "positions";
    case DamagedRow::Table::windows:
      return "windows";
    case DamagedRow::Table::services:
      return "services";
    case DamagedRow::Table::audit_id_runs:
      return "audit_id_runs";
    case DamagedRow::Table::alerts:
      break;
  }
  return "alerts";
}

std::string_view delete_statement(DamagedRow::Table table) {
  switch (table) {
    case DamagedRow::Table::positions:
      return "DELETE FROM positions WHERE rowid = ?";
    case DamagedRow::Table::windows:
      return "DELETE FROM windows WHERE rowid = ?";
    case DamagedRow::Table::services:
      return "DELETE FROM services WHERE rowid = ?";
    case DamagedRow::Table::audit_id_runs:
      return "DELETE FROM audit_id_runs WHERE last = ?";
    case DamagedRow::Table::alerts:
      break;
  }
  return "DELETE FROM alerts WHERE number = ?";
}

// What the loss of a row of this table means.
std::string_view consequence(DamagedRow::Table table) {
  switch (table) {
    case DamagedRow::Table::positions:
      return "how far a log was read is lost";
    case DamagedRow::Table::windows:
      return "the figures of an alert are lost";
    case DamagedRow::Table::services:
      return "what a Service exposed is lost, its next write counts as an opening";
    case DamagedRow::Table::audit_id_runs:
      return "auditIDs are lost, another use of one of them will not be told";
    case DamagedRow::Table::alerts:
      break;
  }
  return "an alert's revision is lost";
}

// Takes the row out; the sinks that were still waiting for it.
std::string take_row(Transaction& transaction, const DamagedRow& damaged) {
  std::vector<std::string> sinks;
  if (damaged.table == DamagedRow::Table::alerts) {
    transaction.each(
        "SELECT sink FROM outbox WHERE alert = ?",
        [&](const Row& row) { sinks.emplace_back(row.text(0)); }, damaged.row);
    transaction.run("DELETE FROM outbox WHERE alert = ?", damaged.row);
  }
  transaction.run(delete_statement(damaged.table), damaged.row);
  transaction.run("INSERT INTO quarantine (origin, name, why, body) VALUES (?, ?, ?, ?)",
                  table_name(damaged.table), damaged.name, damaged.why, Blob{damaged.body});
  return fmt::format("{}", fmt::join(sinks, ", "));
}

Notice notice_of(const DamagedRow& damaged, const std::string& sinks) {
  Notice notice{"state.damaged",
                "A damaged row of the state was set aside: " +
                    std::string(consequence(damaged.table)) + " (" + damaged.name + ")",
                {{"table", std::string(table_name(damaged.table))},
                 {"row", damaged.name},
                 {"why", damaged.why}}};
  if (!sinks.empty()) notice.facts.emplace_back("undelivered_to", sinks);
  return notice;
}

}  // namespace

Result<void> Quarantine::take(const std::vector<DamagedRow>& rows) {
  if (rows.empty()) return {};
  Transaction transaction(database_);
  std::vector<Notice> notices;
  notices.reserve(rows.size());
  for (const DamagedRow& damaged : rows) {
    notices.push_back(notice_of(damaged, take_row(transaction, damaged)));
  }
  transaction.run(
      "DELETE FROM quarantine WHERE number <= "
      "(SELECT max(number) FROM quarantine) - 1000");
  if (auto done = transaction.commit(); !done) return done;
  taken_ += rows.size();
  for (Notice& notice : notices) report(std::move(notice));
  return {};
}

void Quarantine::report(Notice notice) {
  if (notices_.size() < kNoticesMax) {
    notices_.push_back(std::move(notice));
  } else {
    ++unreported_;
  }
}

std::vector<Notice> Quarantine::take_notices() {
  std::vector<Notice> notices = std::exchange(notices_, {});
  if (const std::uint64_t more = std::exchange(unreported_, 0); more > 0) {
    notices.push_back({"state.damaged",
                       std::to_string(more) + " more rows were damaged",
                       {{"rows", std::to_string(more)}}});
  }
  return notices;
}

}  // namespace nodeportd
