#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "model/changes.hpp"
#include "model/exposure.hpp"

namespace nodeportd {

// Where what is known of Services and auditIDs lies. What cannot be read is unknown, which at
// worst tells of an opening a second time.
class ExposureShelf {
 public:
  virtual ~ExposureShelf() = default;
  [[nodiscard]] virtual std::optional<KnownService> find_service(const std::string& cluster,
                                                                 const std::string& ns,
                                                                 const std::string& name) = 0;
  [[nodiscard]] virtual std::optional<AuditIdUse> find_audit_id(std::uint64_t key) = 0;
};

// What was open before a write, and so what the write opened. One thread, in the order of the log:
// over several logs of one cluster, in the order in which their lines are read.
class ExposureHistory {
 public:
  // A reuse of an auditID is told among this many service writes, and within a day.
  static constexpr std::uint64_t kAuditIdsMax = 100'000;

  // `shelf` outlives the history. `sequence` is that of the last write of an earlier run.
  ExposureHistory(std::string cluster, ExposureShelf& shelf)
      : cluster_(std::move(cluster)), shelf_(shelf) {}
  void restore(std::uint64_t sequence) { sequence_ = sequence; }

  // Fills in what only history tells (see Exposure), and takes the write into it. Where nothing is
  // known all that is open counts as opened.
  void settle(ServiceWrite& write);

  [[nodiscard]] bool has_changes() const { return !services_.empty() || !audit_ids_.empty(); }
  // Adds what changed since the last call. Until it is committed, `shelf` must know of it.
  void take_changes(Changes& changes);

 private:
  using Key = std::tuple<std::string, std::string>;  // namespace and name

  void settle_audit_id(ServiceWrite& write);
  void settle_doors(ServiceWrite& write, const KnownService* known);
  [[nodiscard]] std::optional<KnownService> find(const Exposure& exposure);
  void keep(const ServiceWrite& write, const KnownService* known);

  std::string cluster_;
  ExposureShelf& shelf_;
  std::uint64_t sequence_ = 0;
  std::map<Key, ServiceChange> services_;  // since take_changes()
  std::vector<AuditIdUse> audit_ids_;      // likewise
  std::unordered_map<std::uint64_t, std::size_t> audit_id_at_;
};

}  // namespace nodeportd
