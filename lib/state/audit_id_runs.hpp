#pragma once

#include <span>
#include <vector>

#include "model/exposure.hpp"
#include "state/sqlite.hpp"

namespace nodeportd {

// Into the table of that name, a thousand in a row; `uses` are in the order of their sequence.
void put_audit_id_runs(Transaction& transaction, std::span<const AuditIdUse> uses);

// What version 2 of the schema kept in its table audit_ids.
[[nodiscard]] Result<std::vector<AuditIdUse>> read_version_2_audit_ids(Database& database);

}  // namespace nodeportd
