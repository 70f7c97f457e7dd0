#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "aggregate/audit_id_book.hpp"
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
  // The latest uses, in the order of their sequence. Asked for once, before the first is entered.
  [[nodiscard]] virtual std::vector<AuditIdUse> audit_ids() = 0;
};

// What was open before a write, and so what the write opened. One thread, in the order of the log:
// over several logs of one cluster, in the order in which their lines are read.
class ExposureHistory {
 public:
  // `shelf` outlives the history. `sequence` is that of the last write of an earlier run.
  ExposureHistory(std::string cluster, ExposureShelf& shelf)
      : cluster_(std::move(cluster)), shelf_(shelf) {}
  void restore(std::uint64_t sequence) { sequence_ = sequence; }

  // Fills in what only history tells (see Exposure), and takes the write into it. Where nothing is
  // known all that is open counts as opened.
  void settle(ServiceWrite& write);

  [[nodiscard]] bool has_changes() const { return !changed_.empty() || !audit_ids_.empty(); }
  // Adds what changed since the last call. Until it is committed, `shelf` must know of it.
  void take_changes(Changes& changes);

 private:
  // What is known of a Service, and whether the shelf is still to hear of it.
  struct Known {
    ServiceChange change;
    bool is_changed = false;
  };
  using Services = std::unordered_map<std::string, Known>;

  void settle_audit_id(ServiceWrite& write);
  static void settle_opened(ServiceWrite& write, const KnownService* known);
  // Of a write that tells what is open after it; `known` is what was before, if that counts.
  void settle_told(ServiceWrite& write, Known& entry, const KnownService* known);
  void forget(Known& entry, const Exposure& exposure);
  void touch(Known& entry, WallTime time);
  void keep(Known& entry, ServiceChange change);
  void mark(Known& entry);
  [[nodiscard]] Known& look_up(const Exposure& exposure);
  void make_room();

  std::string cluster_;
  ExposureShelf& shelf_;
  std::uint64_t sequence_ = 0;
  Services services_;                  // bounded, but for those that changed
  std::size_t services_weight_ = 0;    // what make_room() bounds
  std::vector<Known*> changed_;        // those, since take_changes()
  std::string key_;                    // of the Service that is looked up
  std::optional<AuditIdBook> book_;    // once it is needed
  std::vector<AuditIdUse> audit_ids_;  // since take_changes()
};

}  // namespace nodeportd
