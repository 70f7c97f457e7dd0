#include "state/state_file.hpp"

#include <fcntl.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/files.hpp"
#include "base/time_text.hpp"
#include "state/audit_id_runs.hpp"
#include "state/reconcile.hpp"
#include "state/salvage.hpp"
#include "state/schema.hpp"

namespace nodeportd {
namespace {

namespace fs = std::filesystem;

// A reader beside the daemon (`nodeportd deadletters`) writes for milliseconds at most.
constexpr std::chrono::seconds kPatience(2);
constexpr std::uint64_t kPageSize = 4096;
// What the file may hold beside outbox, history, windows and Services: positions, auditIDs, and the
// last commit before reading waits.
constexpr std::uint64_t kFileSlack = std::uint64_t{48} << 20U;
constexpr std::size_t kDamagedFilesKept = 3;
// Up to here the indexes are compared with their tables too, which takes three times as long.
constexpr std::uint64_t kWholeCheckMax = std::uint64_t{64} << 20U;

// Settings of a connection. auto_vacuum must come before the first table is made.
std::string settings(const StoreOptions& options) {
  const bool full = options.durability == StoreOptions::Durability::power_loss;
  // Outbox and history, a quarter each of windows and Services, and the indexes of all of them.
  const std::uint64_t size_max = options.max_size * 3 + options.open_windows + kFileSlack;
  return std::string(full ? "PRAGMA synchronous = FULL;" : "PRAGMA synchronous = NORMAL;") +
         "PRAGMA journal_size_limit = 16777216;"
         "PRAGMA cache_size = -2048;"
         // A hardened unit may have no /tmp to spill to; nothing that we sort is large.
         "PRAGMA temp_store = MEMORY;"
         "PRAGMA trusted_schema = OFF;"
         "PRAGMA foreign_keys = ON;"
         "PRAGMA max_page_count = " +
         std::to_string(size_max / kPageSize) + ";";
}

Result<std::int64_t> number_of(Database& database, std::string_view sql) {
  std::int64_t number = 0;
  auto done = database.each(sql, [&](const Row& row) { number = row.integer(0); });
  if (!done) return fail(done.error());
  return number;
}

// The steps that lead from the tables of one version to those of another.
std::string schema_between(int from, int to) {
  std::string sql;
  for (int version = from; version < to; ++version)
    sql += kSchema.at(static_cast<std::size_t>(version));
  return sql + "PRAGMA user_version = " + std::to_string(to) + ";";
}

Result<void> create_tables(Database& database, const std::string& epoch) {
  return database.execute("BEGIN IMMEDIATE;" + schema_between(0, kSchemaVersion) +
                          "INSERT INTO meta VALUES ('epoch', '" + epoch + "');" +
                          "PRAGMA application_id = " + std::to_string(kApplicationId) + ";COMMIT;");
}

// Rows stay as they are: the codec reads the older format.
Result<void> bring_up_to_date(Database& database, int version) {
  std::vector<AuditIdUse> uses;
  if (version == 2) {
    Result<std::vector<AuditIdUse>> old = read_version_2_audit_ids(database);
    if (!old) return fail(old.error());
    uses = std::move(*old);
  }
  Transaction transaction(database);
  transaction.execute(schema_between(version, kSchemaVersion));
  put_audit_id_runs(transaction, uses);
  return transaction.commit();
}

Result<std::string> schema_text(Database& database) {
  std::string text;
  auto read = database.each("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
                            [&](const Row& row) { text.append(row.text(0)).append("\n"); });
  if (!read) return fail(read.error());
  return text;
}

// The same of a file that nothing has happened to.
Result<std::string> sound_schema_text(int version) {
  Result<Database> model = Database::open("", Database::Access::create);
  if (!model) return fail(model.error());
  if (auto made = model->execute(schema_between(0, version)); !made) return fail(made.error());
  return schema_text(*model);
}

// The version of the tables, 0 if the file is empty.
Result<int> schema_version(Database& database, const std::string& path) {
  const Result<std::string> text = schema_text(database);
  if (!text) return fail(text.error());
  if (text->empty()) return 0;
  const auto application = number_of(database, "PRAGMA application_id");
  if (!application) return fail(application.error());
  if (*application != kApplicationId) {
    return fail(ErrorKind::malformed, path + ": not a state file of nodeportd");
  }
  const auto version = number_of(database, "PRAGMA user_version");
  if (!version) return fail(version.error());
  if (*version < 1 || *version > kSchemaVersion) {
    return fail(ErrorKind::config,
                path + ": written by another version of nodeportd (schema " +
                    std::to_string(*version) + ", this one knows " +
                    std::to_string(kSchemaVersion) +
                    "): run that version, or `nodeportd run --discard-state`, which sets "
                    "the file aside and reads the logs again");
  }
  // SQLite takes a flipped letter in here for a column of another name.
  const Result<std::string> sound = sound_schema_text(static_cast<int>(*version));
  if (!sound) return fail(sound.error());
  if (*text != *sound) return fail(ErrorKind::malformed, path + ": its schema is damaged");
  return static_cast<int>(*version);
}

// Reads the whole file: about a second for 300 MiB.
Result<void> check_pages(Database& database, const std::string& path) {
  std::error_code unknown;
  const bool small = fs::file_size(path, unknown) <= kWholeCheckMax;
  std::string verdict;
  auto done = database.each(small ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)",
                            [&](const Row& row) { verdict = std::string(row.text(0)); });
  if (!done) return done;
  if (verdict != "ok") return fail(ErrorKind::malformed, path + ": " + verdict);
  const auto epochs =
      number_of(database, "SELECT count(*) FROM meta WHERE name = 'epoch' AND length(value) = 16");
  if (!epochs) return fail(epochs.error());
  if (*epochs != 1) return fail(ErrorKind::malformed, path + ": its epoch is gone");
  return {};
}

Result<Database> open_sound(const std::string& path, const StoreOptions& options,
                            const std::string& epoch) {
  // SQLite would create it readable for all; its -wal and -shm take the mode of the file.
  if (auto file = open_file(path, O_RDWR | O_CREAT); !file) return fail(file.error());
  Result<Database> database = Database::open(path, Database::Access::create);
  if (!database) return database;
  database->set_patience(kPatience);
  const Result<int> version = schema_version(*database, path);
  if (!version) return fail(version.error());
  auto ready = database->execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;" +
                                 settings(options));
  if (ready) {
    ready = *version > 0 ? check_pages(*database, path) : create_tables(*database, epoch);
  }
  if (ready && *version > 0 && *version < kSchemaVersion) {
    ready = bring_up_to_date(*database, *version);
  }
  if (!ready) return fail(ready.error());
  return database;
}

// `2026-11-24T08:59:27.277194Z` as part of a file name that sorts by time.
std::string file_time(WallTime time) {
  std::string text = format_time(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

void keep_last_damaged(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code ignored;  // what cannot be listed is kept
  for (const auto& entry : fs::directory_iterator(path.parent_path(), ignored)) {
    const std::string name = entry.path().string();
    if (name.starts_with(path.string() + ".damaged-") && name.ends_with("Z")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i + kDamagedFilesKept < names.size(); ++i) {
    for (const char* part : {"", "-wal", "-shm"}) fs::remove(names[i] + part, ignored);
  }
}

// Renames the file with what belongs to it; the new name.
Result<std::string> set_aside(const std::string& path, WallTime now) {
  std::string aside = path + ".damaged-" + file_time(now);
  for (const char* part : {"-wal", "-shm", ""}) {
    if (std::rename((path + part).c_str(), (aside + part).c_str()) != 0 && errno != ENOENT) {
      return fail_errno(errno, path + part);
    }
  }
  keep_last_damaged(path);
  return aside;
}

// Nothing is taken over from rows whose meaning is not known.
StateFile discarded(Database fresh, const std::string& aside) {
  Notice notice{"state.damaged",
                "The state of a newer version was set aside, as asked: what is still on disk is "
                "read again, and alerts may repeat under the new epoch",
                {{"kept_as", aside}}};
  std::vector<Notice> notices = reconcile(fresh);
  notices.insert(notices.begin(), std::move(notice));
  return {std::move(fresh), std::move(notices)};
}

}  // namespace

std::string random_epoch() {
  std::array<unsigned char, 8> bytes{};
  // Up to 256 bytes are never short. Without entropy there is no identity to give.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    std::abort();
  std::string text;
  for (const unsigned char byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0xFU]);
  }
  return text;
}

Result<StateFile> open_state_file(const StoreOptions& options, WallTime now,
                                  const std::string& epoch) {
  const std::string path = options.directory + "/state.db";
  Result<Database> database = open_sound(path, options, epoch.empty() ? random_epoch() : epoch);
  if (database) {
    std::vector<Notice> notices = reconcile(*database);
    return StateFile{std::move(*database), std::move(notices)};
  }
  const bool is_newer = database.error().kind == ErrorKind::config;
  if (is_newer ? !options.discards_newer : database.error().kind != ErrorKind::malformed) {
    return fail(database.error());
  }

  const std::string why = database.error().text;
  const Result<std::string> aside = set_aside(path, now);
  if (!aside) return fail(aside.error());
  database = open_sound(path, options, random_epoch());
  if (!database) return fail(database.error());
  const auto marked = database->run("INSERT INTO meta VALUES ('replayed_until', ?)", now);
  if (!marked) return fail(marked.error());
  if (is_newer) return discarded(std::move(*database), *aside);
  const Salvage saved = salvage(*aside, *database);
  Notice notice{"state.damaged", "The state file is damaged and was set aside: " + why, {}};
  notice.facts = {{"kept_as", *aside},
                  {"positions_saved", std::to_string(saved.positions)},
                  {"windows_saved", std::to_string(saved.windows)},
                  {"alerts_saved", std::to_string(saved.alerts)},
                  {"undelivered_saved", std::to_string(saved.outbox)},
                  {"services_saved", std::to_string(saved.services)}};
  std::vector<Notice> notices = reconcile(*database);
  notices.insert(notices.begin(), std::move(notice));
  return StateFile{std::move(*database), std::move(notices)};
}

Result<Database> open_stand_in(const StoreOptions& options) {
  const std::string path = options.directory + "/state.db";
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail_errno(error.value(), path);
  }
  if (error || size == 0) {
    Result<Database> empty = Database::open("", Database::Access::create);
    if (!empty) return empty;
    auto ready = create_tables(*empty, random_epoch());
    if (ready) ready = empty->execute("PRAGMA query_only = ON");
    if (!ready) return fail(ready.error());
    return empty;
  }
  // After a clean stop there is no log, and the index that SQLite would want cannot be made.
  const std::uintmax_t log_size = fs::file_size(path + "-wal", error);
  const bool has_log = !error && log_size > 0;
  Result<Database> database =
      Database::open(path, has_log ? Database::Access::read : Database::Access::frozen);
  if (!database) return database;
  const Result<int> version = schema_version(*database, path);
  if (!version) return fail(version.error());
  if (*version != kSchemaVersion) return fail(ErrorKind::config, path + ": of an older version");
  if (auto sound = check_pages(*database, path); !sound) return fail(sound.error());
  return database;
}

Result<std::string> set_state_aside(const StoreOptions& options, WallTime now) {
  return set_aside(options.directory + "/state.db", now);
}

Result<Database> open_state_file_beside(const StoreOptions& options) {
  const std::string path = options.directory + "/state.db";
  if (auto file = open_file(path, O_RDWR); !file) return fail(file.error());
  Result<Database> database = Database::open(path, Database::Access::existing);
  if (!database) return database;
  database->set_patience(kPatience);
  const Result<int> version = schema_version(*database, path);
  if (!version) return fail(version.error());
  if (*version == 0) return fail(ErrorKind::not_found, path + ": holds no state yet");
  if (*version < kSchemaVersion) {
    return fail(ErrorKind::config, path +
                                       ": of an older version of nodeportd: it is brought up to "
                                       "date when the daemon starts");
  }
  if (auto ready = database->execute(settings(options)); !ready) return fail(ready.error());
  return database;
}

Result<Database> open_temporary_state_file() {
  Result<Database> database = Database::open("", Database::Access::create);
  if (!database) return database;
  // Nobody will open it again: no journal beyond what a rollback needs, and no waiting.
  auto ready = database->execute(
      "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;"
      "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;");
  if (ready) ready = create_tables(*database, std::string(16, '0'));
  if (!ready) return fail(ready.error());
  return database;
}

}  // namespace nodeportd
