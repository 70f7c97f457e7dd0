#include "state/sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "state/joined_writes.hpp"

namespace nodeportd {
namespace {

ErrorKind kind_of(sqlite3* connection, int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return ErrorKind::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::malformed;
    default:
      // The wal-index of a full disk cannot grow: SQLite calls that an I/O error.
      return sqlite3_system_errno(connection) == ENOSPC ? ErrorKind::full : ErrorKind::io;
  }
}

Error error_of(sqlite3* connection, int code) {
  const char* file = sqlite3_db_filename(connection, "main");
  const std::string name = file != nullptr && *file != '\0' ? file : "temporary state";
  return {kind_of(connection, code), name + ": " + sqlite3_errmsg(connection)};
}

// A path as SQLite reads it in a URI.
std::string frozen_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

int byte_count(std::string_view bytes) {
  return static_cast<int>(bytes.size());
}

}  // namespace

std::int64_t Row::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::uint64_t Row::bits(int column) const {
  return static_cast<std::uint64_t>(integer(column));
}

WallTime Row::time(int column) const {
  return WallTime(Micros(integer(column)));
}

std::string_view Row::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

int Row::columns() const {
  return sqlite3_column_count(statement_);
}

Statement::~Statement() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_, index, value);
}

void Statement::bind(int index, std::string_view value) {
  const char* text = value.data() == nullptr ? "" : value.data();  // a null pointer would be NULL
  sqlite3_bind_text(statement_, index, text, byte_count(value), SQLITE_STATIC);
}

void Statement::bind(int index, Blob value) {
  const char* bytes = value.bytes.data() == nullptr ? "" : value.bytes.data();
  sqlite3_bind_blob(statement_, index, bytes, byte_count(value.bytes), SQLITE_STATIC);
}

void Statement::bind(int index, WallTime value) {
  bind(index, value.time_since_epoch().count());
}

void Statement::bind(int index, std::optional<std::int64_t> value) {
  if (value) {
    bind(index, *value);
  } else {
    sqlite3_bind_null(statement_, index);
  }
}

void Statement::bind_all(const Row& row) {
  for (int column = 0; column < row.columns(); ++column) {
    sqlite3_bind_value(statement_, column + 1, sqlite3_column_value(row.raw(), column));
  }
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(error_of(connection_, code));
}

void Database::Closer::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

void Database::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database::~Database() = default;

Database& Database::operator=(Database&& other) noexcept {
  statements_ = std::move(other.statements_);  // before the connection that they belong to
  connection_ = std::move(other.connection_);
  is_overdue_ = std::move(other.is_overdue_);
  return *this;
}

Result<Database> Database::open(const std::string& path, Access access) {
  JoinedWrites::install();
  // NOMUTEX: whoever owns the connection keeps threads apart, once, and not at every call.
  const bool only_reads = access == Access::read || access == Access::frozen;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= only_reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::create) flags |= SQLITE_OPEN_CREATE;
  if (access == Access::frozen) flags |= SQLITE_OPEN_URI;
  const std::string name = access == Access::frozen ? frozen_uri(path) : path;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  std::unique_ptr<sqlite3, Closer> connection(raw);
  if (raw == nullptr) return fail(ErrorKind::io, path + ": out of memory");
  if (code != SQLITE_OK) {
    return fail(kind_of(raw, code), path + ": " + sqlite3_errmsg(raw));
  }
  return Database(std::move(connection));
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error_of(connection_.get(), code));
  return {};
}

Result<void> Database::copy_to(const std::string& path) {
  Result<Database> copy = open(path, Access::create);
  if (!copy) return fail(copy.error());
  sqlite3* to = copy->connection_.get();
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", connection_.get(), "main");
  if (backup == nullptr) return fail(error_of(to, sqlite3_errcode(to)));
  (void)sqlite3_backup_step(backup, -1);  // finish() says how it went
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return fail(error_of(to, code));
  return {};
}

void Database::set_patience(std::chrono::milliseconds limit) {
  sqlite3_busy_timeout(connection_.get(), static_cast<int>(limit.count()));
}

void Database::on_commit(std::function<bool(int)> is_overdue) {
  is_overdue_ = std::make_unique<std::function<bool(int)>>(std::move(is_overdue));
  const auto after_commit = [](void* context, sqlite3* connection, const char* name, int pages) {
    const auto& asks = *static_cast<std::function<bool(int)>*>(context);
    // What cannot be moved now stays in the log: no error of the commit, which is done.
    if (asks && asks(pages)) (void)sqlite3_wal_checkpoint(connection, name);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection_.get(), after_commit, is_overdue_.get());
}

Result<sqlite3_stmt*> Database::prepare(std::string_view sql) {
  auto& statement = statements_[sql];
  if (statement == nullptr) {
    sqlite3_stmt* raw = nullptr;
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the size goes with it
    const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), byte_count(sql),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return fail(error_of(connection_.get(), code));
    statement.reset(raw);
  }
  return statement.get();
}

Result<std::int64_t> Database::run_row(std::string_view sql, const Row& row) {
  const Result<sqlite3_stmt*> prepared = prepare(sql);
  if (!prepared) return fail(prepared.error());
  Statement statement(connection_.get(), *prepared);
  statement.bind_all(row);
  return finish(statement);
}

Result<std::int64_t> Database::finish(Statement& statement) {
  for (;;) {
    const Result<bool> more = statement.step();
    if (!more) return fail(more.error());
    if (!*more) return sqlite3_changes64(connection_.get());
  }
}

Transaction::Transaction(Database& database) : database_(database) {
  run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // After some errors there is nothing to roll back any more; saying so is an error that we skip.
  if (!committed_) (void)database_.run("ROLLBACK");
}

Result<void> Transaction::commit() {
  {
    const JoinedWrites joined;
    run("COMMIT");
  }
  if (error_) return fail(*error_);
  committed_ = true;
  return {};
}

}  // namespace nodeportd
