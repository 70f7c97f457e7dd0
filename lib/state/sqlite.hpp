#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace nodeportd {

// Bytes that are bound as a blob; plain text is bound as text.
struct Blob {
  std::string_view bytes;
};

// The row at which a statement stands. Views are valid until the next row.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t bits(int column) const;  // an integer that was bound unsigned
  [[nodiscard]] WallTime time(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  // of a text or a blob
  [[nodiscard]] int columns() const;
  [[nodiscard]] sqlite3_stmt* raw() const { return statement_; }

 private:
  sqlite3_stmt* statement_;
};

// One use of a cached statement: reset when it goes out of scope.
class Statement {
 public:
  Statement(sqlite3* connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);
  void bind(int index, Blob value);
  void bind(int index, WallTime value);
  void bind(int index, std::optional<std::int64_t> value);  // nullopt is NULL
  template <std::unsigned_integral Number>
  void bind(int index, Number value) {
    bind(index, static_cast<std::int64_t>(value));
  }
  // The values of another statement's row, in order.
  void bind_all(const Row& row);

  // True at a row, false at the end.
  [[nodiscard]] Result<bool> step();
  [[nodiscard]] Row row() const { return Row(statement_); }

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_;
};

// One connection to one file. Not safe from several threads at a time. Errors are of kind full (no
// space), malformed (the file is damaged or no database) or io, each with SQLite's own words.
class Database {
 public:
  enum class Access {
    create,
    existing,
    read,    // may see what others have not moved from the write-ahead log yet
    frozen,  // the file alone, which nobody changes: without a log and its index
  };
  // An empty path is a private temporary database that is gone with the connection.
  [[nodiscard]] static Result<Database> open(const std::string& path, Access access);
  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // Statements without parameters, several if need be; their rows are dropped.
  [[nodiscard]] Result<void> execute(const std::string& sql);

  // Runs a statement to its end; the number of rows it changed. `sql` of run() and each() is a
  // literal: it is the key under which the prepared statement is cached.
  template <typename... Values>
  [[nodiscard]] Result<std::int64_t> run(std::string_view sql, const Values&... values);

  // The same, with the columns of another connection's row as values.
  [[nodiscard]] Result<std::int64_t> run_row(std::string_view sql, const Row& row);

  // Calls `visit(row)` for each row; a visit that returns false ends it. The visit must not use
  // the same statement.
  template <typename Visit, typename... Values>
  [[nodiscard]] Result<void> each(std::string_view sql, Visit visit, const Values&... values);

  // All that is committed, page by page, as a file of its own: `path` is not there, or empty.
  [[nodiscard]] Result<void> copy_to(const std::string& path);

  // How long a statement waits for another process that writes.
  void set_patience(std::chrono::milliseconds limit);

  // In the place of SQLite's own habit: called after each commit with the pages in the write-ahead
  // log, on the thread that commits; true has that thread move them into the file. nullptr: never.
  void on_commit(std::function<bool(int)> is_overdue);

 private:
  struct Closer {
    void operator()(sqlite3* connection) const;
  };
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };

  explicit Database(std::unique_ptr<sqlite3, Closer> connection)
      : connection_(std::move(connection)) {}
  [[nodiscard]] Result<sqlite3_stmt*> prepare(std::string_view sql);
  [[nodiscard]] Result<std::int64_t> finish(Statement& statement);

  template <typename... Values>
  static void bind(Statement& statement, const Values&... values) {
    int index = 0;
    (statement.bind(++index, values), ...);
  }

  std::unique_ptr<sqlite3, Closer> connection_;
  std::unique_ptr<std::function<bool(int)>> is_overdue_;  // where SQLite finds it after a move
  std::unordered_map<std::string_view, std::unique_ptr<sqlite3_stmt, Finalizer>> statements_;
};

// All or nothing. The first error is kept and everything after it does nothing, so that the steps
// of a transaction read as a list; commit() tells. Rolls back when it is not committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  // Rows changed; 0 once something failed.
  template <typename... Values>
  std::int64_t run(std::string_view sql, const Values&... values) {
    if (error_) return 0;
    const Result<std::int64_t> changed = database_.run(sql, values...);
    if (!changed) error_ = changed.error();
    return changed.value_or(0);
  }
  template <typename Visit, typename... Values>
  void each(std::string_view sql, Visit visit, const Values&... values) {
    if (error_) return;
    const Result<void> done = database_.each(sql, std::move(visit), values...);
    if (!done) error_ = done.error();
  }
  void execute(const std::string& sql) {
    if (error_) return;
    const Result<void> done = database_.execute(sql);
    if (!done) error_ = done.error();
  }
  [[nodiscard]] Result<void> commit();

 private:
  Database& database_;
  std::optional<Error> error_;
  bool committed_ = false;
};

template <typename... Values>
Result<std::int64_t> Database::run(std::string_view sql, const Values&... values) {
  const Result<sqlite3_stmt*> prepared = prepare(sql);
  if (!prepared) return fail(prepared.error());
  Statement statement(connection_.get(), *prepared);
  bind(statement, values...);
  return finish(statement);
}

template <typename Visit, typename... Values>
Result<void> Database::each(std::string_view sql, Visit visit, const Values&... values) {
  const Result<sqlite3_stmt*> prepared = prepare(sql);
  if (!prepared) return fail(prepared.error());
  Statement statement(connection_.get(), *prepared);
  bind(statement, values...);
  for (;;) {
    const Result<bool> more = statement.step();
    if (!more) return fail(more.error());
    if (!*more) return {};
    if constexpr (std::is_same_v<std::invoke_result_t<Visit&, const Row&>, bool>) {
      if (!visit(statement.row())) return {};
    } else {
      visit(statement.row());
    }
  }
}

}  // namespace nodeportd
