#pragma once

#include <array>

namespace nodeportd {

// `NPOD`, so that file(1) and we know the file.
inline constexpr int kApplicationId = 0x4E504F44;

// What each version adds to the one before it; the tables of version N are the first N of kSchema.
// What a released version says never changes: its files are recognized by it. A change of the
// tables or of kFormat (codec.cpp) is a new version.
//
// Times are microseconds since 1970. `body` and `mark` are what codec.hpp encodes, under the key
// that the row's first columns make.
inline constexpr const char* kVersion1 = R"sql(
-- epoch, run (running | stopped), last_commit, shelved_until; services_since, services_given_up
CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

CREATE TABLE positions (
  stream TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
  updated INTEGER NOT NULL, mark BLOB NOT NULL,
  UNIQUE (stream, device, inode));

CREATE TABLE windows (
  alert_id TEXT NOT NULL UNIQUE,
  window_start INTEGER NOT NULL, window_end INTEGER NOT NULL,
  rule_id TEXT NOT NULL, group_key BLOB NOT NULL,
  closed INTEGER NOT NULL, updated INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX windows_by_end ON windows (closed, window_end, updated);

-- The history: every revision that was ever committed, until it is pruned. Outbox and dead letters
-- point here, so that a body is written once for any number of sinks.
CREATE TABLE alerts (
  number INTEGER PRIMARY KEY,
  alert_id TEXT NOT NULL, revision INTEGER NOT NULL, epoch TEXT NOT NULL,
  committed INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL,
  UNIQUE (alert_id, revision, epoch));

-- Per sink and alert the latest revision that the sink has not had.
CREATE TABLE outbox (
  sequence INTEGER PRIMARY KEY,
  sink TEXT NOT NULL, alert_id TEXT NOT NULL, revision INTEGER NOT NULL,
  alert INTEGER NOT NULL REFERENCES alerts (number), bytes INTEGER NOT NULL,
  UNIQUE (sink, alert_id));
CREATE INDEX outbox_by_sink ON outbox (sink, sequence);
CREATE INDEX outbox_by_alert ON outbox (alert);

-- kind: Settlement::End
CREATE TABLE dead_letters (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: operators write it down
  sink TEXT NOT NULL, alert INTEGER NOT NULL REFERENCES alerts (number) ON DELETE CASCADE,
  at INTEGER NOT NULL, kind INTEGER NOT NULL, why TEXT NOT NULL);
CREATE INDEX dead_letters_by_alert ON dead_letters (alert);
CREATE INDEX dead_letters_by_sink ON dead_letters (sink, number);

CREATE TABLE sinks (
  sink TEXT PRIMARY KEY, mark BLOB NOT NULL DEFAULT '', beat INTEGER NOT NULL DEFAULT 0)
  WITHOUT ROWID;
CREATE TABLE watermarks (stream TEXT PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE suppressions (exception TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;

-- Rows whose checksum was wrong, for whoever wants to look.
CREATE TABLE quarantine (
  number INTEGER PRIMARY KEY, origin TEXT NOT NULL, name TEXT NOT NULL, why TEXT NOT NULL,
  body BLOB NOT NULL);

-- What the triggers below keep, so that a bound is looked up and not added up. Owners: `history`;
-- `waiting`, the part of it that some outbox points to; `windows`; `services`; and `sink/NAME`.
CREATE TABLE usage (owner TEXT PRIMARY KEY, count INTEGER NOT NULL, bytes INTEGER NOT NULL)
  WITHOUT ROWID;

CREATE TRIGGER history_grows AFTER INSERT ON alerts BEGIN
  INSERT INTO usage VALUES ('history', 1, NEW.bytes)
    ON CONFLICT (owner) DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER history_shrinks AFTER DELETE ON alerts BEGIN
  UPDATE usage SET count = count - 1, bytes = bytes - OLD.bytes WHERE owner = 'history';
END;
CREATE TRIGGER outbox_grows AFTER INSERT ON outbox BEGIN
  INSERT INTO usage VALUES ('sink/' || NEW.sink, 1, NEW.bytes)
    ON CONFLICT (owner) DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
  INSERT INTO usage SELECT 'waiting', 1, NEW.bytes
    WHERE (SELECT count(*) FROM outbox WHERE alert = NEW.alert) = 1
    ON CONFLICT (owner) DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER outbox_shrinks AFTER DELETE ON outbox BEGIN
  UPDATE usage SET count = count - 1, bytes = bytes - OLD.bytes WHERE owner = 'sink/' || OLD.sink;
  UPDATE usage SET count = count - 1, bytes = bytes - OLD.bytes
    WHERE owner = 'waiting' AND NOT EXISTS (SELECT 1 FROM outbox WHERE alert = OLD.alert);
END;
CREATE TRIGGER windows_grow AFTER INSERT ON windows BEGIN
  INSERT INTO usage VALUES ('windows', 1, length(NEW.body))
    ON CONFLICT (owner) DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER windows_change AFTER UPDATE ON windows BEGIN
  UPDATE usage SET bytes = bytes + length(NEW.body) - length(OLD.body) WHERE owner = 'windows';
END;
CREATE TRIGGER windows_shrink AFTER DELETE ON windows BEGIN
  UPDATE usage SET count = count - 1, bytes = bytes - length(OLD.body) WHERE owner = 'windows';
END;
)sql";

inline constexpr const char* kVersion2 = R"sql(
-- What is known of each Service.
CREATE TABLE services (
  cluster TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL,
  uid TEXT NOT NULL, open INTEGER NOT NULL, updated INTEGER NOT NULL, body BLOB NOT NULL,
  UNIQUE (cluster, ns, name));
CREATE INDEX services_by_age ON services (open, updated);

-- The auditIDs of the latest writes of Services; key and content are hashes.
CREATE TABLE audit_ids (
  sequence INTEGER PRIMARY KEY,
  key INTEGER NOT NULL, content INTEGER NOT NULL, time INTEGER NOT NULL);
CREATE INDEX audit_ids_by_key ON audit_ids (key);

CREATE TRIGGER services_grow AFTER INSERT ON services BEGIN
  INSERT INTO usage VALUES ('services', 1, length(NEW.body))
    ON CONFLICT (owner) DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER services_change AFTER UPDATE ON services BEGIN
  UPDATE usage SET bytes = bytes + length(NEW.body) - length(OLD.body) WHERE owner = 'services';
END;
CREATE TRIGGER services_shrink AFTER DELETE ON services BEGIN
  UPDATE usage SET count = count - 1, bytes = bytes - length(OLD.body) WHERE owner = 'services';
END;
)sql";

// What the rows of audit_ids said is moved before this is run, see state_file.cpp.
inline constexpr const char* kVersion3 = R"sql(
-- The auditIDs of the latest writes of Services, those of one commit together: a row and an index
-- entry each would cost more than all else that is kept of a write. `last` is the sequence of the
-- last of them.
CREATE TABLE audit_id_runs (last INTEGER PRIMARY KEY, uses BLOB NOT NULL);
DROP TABLE audit_ids;
)sql";

// The same tables; alerts and windows of format 3 (codec.cpp). meta has a `replayed_until`.
inline constexpr const char* kVersion4 = "";

// The same tables; alerts and windows of format 4.
inline constexpr const char* kVersion5 = "";

inline constexpr std::array kSchema = {kVersion1, kVersion2, kVersion3, kVersion4, kVersion5};
inline constexpr int kSchemaVersion = static_cast<int>(kSchema.size());

}  // namespace nodeportd
