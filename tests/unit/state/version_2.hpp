#pragma once

#include <string_view>

namespace nodeportd::test {

// What version 2 of the schema added to version 1, as that version wrote it: nothing in here may
// change.
inline constexpr std::string_view kVersion2Additions = R"sql(
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
PRAGMA user_version = 2;
)sql";

}  // namespace nodeportd::test
