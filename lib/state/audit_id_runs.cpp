#include "state/audit_id_runs.hpp"

#include <algorithm>

#include "state/codec.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kRunSize = 1'000;

}  // namespace

void put_audit_id_runs(Transaction& transaction, std::span<const AuditIdUse> uses) {
  while (!uses.empty()) {
    const auto part = uses.first(std::min(uses.size(), kRunSize));
    const std::uint64_t last = part.back().sequence;
    const std::string body = encode(std::to_string(last), AuditIdRun{{part.begin(), part.end()}});
    transaction.run("INSERT OR REPLACE INTO audit_id_runs VALUES (?, ?)", last, Blob{body});
    uses = uses.subspan(part.size());
  }
}

Result<std::vector<AuditIdUse>> read_version_2_audit_ids(Database& database) {
  std::vector<AuditIdUse> uses;
  auto read = database.each("SELECT sequence, key, content, time FROM audit_ids ORDER BY sequence",
                            [&](const Row& row) {
                              uses.push_back({row.bits(0), row.bits(1), row.bits(2), row.time(3)});
                            });
  if (!read) return fail(read.error());
  return uses;
}

}  // namespace nodeportd
