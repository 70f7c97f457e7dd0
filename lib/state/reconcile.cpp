#include "state/reconcile.hpp"

#include <string>

namespace nodeportd {
namespace {

// True when no outbox entry says anything else than the history does; the rule, not the exception.
bool outbox_agrees(Transaction& transaction) {
  bool agrees = true;
  transaction.each(
      "SELECT 1 FROM outbox o LEFT JOIN alerts a ON a.number = o.alert "
      "WHERE a.alert_id IS NOT o.alert_id OR a.revision IS NOT o.revision LIMIT 1",
      [&](const Row&) { agrees = false; });
  return agrees;
}

struct History {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  std::int64_t wrong = 0;  // rows that say another number of bytes than they have
};

// In one walk: the history is most of the file.
History survey_history(Transaction& transaction) {
  History history;
  transaction.each(
      "SELECT count(*), sum(length(body)), sum(bytes <> length(body)) FROM alerts",
      [&](const Row& row) { history = {row.integer(0), row.integer(1), row.integer(2)}; });
  return history;
}

void count_usage(Transaction& transaction, const History& history) {
  transaction.run("DELETE FROM usage");
  transaction.run(
      "INSERT INTO usage SELECT 'sink/' || sink, count(*), sum(bytes) "
      "FROM outbox GROUP BY sink");
  transaction.run(
      "INSERT INTO usage SELECT 'waiting', count(*), ifnull(sum(bytes), 0) "
      "FROM alerts WHERE number IN (SELECT alert FROM outbox)");
  transaction.run("INSERT INTO usage VALUES ('history', ?, ?)", history.count, history.bytes);
  transaction.run(
      "INSERT INTO usage SELECT 'windows', count(*), ifnull(sum(length(body)), 0) "
      "FROM windows");
  transaction.run(
      "INSERT INTO usage SELECT 'services', count(*), ifnull(sum(length(body)), 0) "
      "FROM services");
}

}  // namespace

std::vector<Notice> reconcile(Database& database) {
  Transaction transaction(database);
  std::int64_t dropped = 0;
  if (!outbox_agrees(transaction)) {
    transaction.run(
        "UPDATE OR IGNORE outbox SET alert_id = a.alert_id, revision = a.revision "
        "FROM alerts a WHERE a.number = outbox.alert");
    dropped = transaction.run(
        "DELETE FROM outbox WHERE NOT EXISTS (SELECT 1 FROM alerts a WHERE a.number = alert "
        "AND a.alert_id = outbox.alert_id AND a.revision = outbox.revision)");
  }
  const History history = survey_history(transaction);
  // A wrong number of bytes would expire or keep too much.
  if (history.wrong > 0) {
    transaction.run("UPDATE alerts SET bytes = length(body) WHERE bytes <> length(body)");
  }
  transaction.run(
      "UPDATE outbox SET bytes = a.bytes FROM alerts a "
      "WHERE a.number = outbox.alert AND a.bytes <> outbox.bytes");
  count_usage(transaction, history);
  if (!transaction.commit() || dropped == 0) return {};
  return {{"state.damaged",
           "Deliveries whose alert is gone were dropped",
           {{"table", "outbox"}, {"rows", std::to_string(dropped)}}}};
}

}  // namespace nodeportd
