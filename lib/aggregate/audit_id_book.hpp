#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "model/exposure.hpp"

namespace nodeportd {

// The latest service writes by their auditIDs. Nearly every ID is asked for once and never seen
// again, and a client chooses its own: so all of the book is in memory, about 40 bytes a use once
// it is there, and what a question costs depends on nobody's choice of IDs. One thread.
class AuditIdBook {
 public:
  AuditIdBook();

  // Enters a use, later than all before it, in the place of the oldest of kAuditIdsMax; the latest
  // of the same key among those.
  std::optional<AuditIdUse> enter(const AuditIdUse& use);

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Entry {
    std::uint64_t sequence = 0;
    std::uint64_t key = 0;
    std::uint64_t content = 0;
    WallTime time{};
    std::uint32_t before = kNone;  // the next older entry of the same bucket, if it is there still
  };
  [[nodiscard]] std::uint32_t& newest_of(std::uint64_t key);

  std::vector<Entry> entries_;         // a ring
  std::vector<std::uint32_t> newest_;  // per bucket of keys
  std::size_t next_ = 0;               // the place of the next entry
  const std::uint64_t salt_;           // so that nobody knows which keys share a bucket
};

}  // namespace nodeportd
