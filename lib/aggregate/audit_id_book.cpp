#include "aggregate/audit_id_book.hpp"

namespace nodeportd {
namespace {

constexpr unsigned kBucketBits = 17;

std::uint64_t random_salt() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

AuditIdBook::AuditIdBook() : salt_(random_salt()) {}

std::uint32_t& AuditIdBook::newest_of(std::uint64_t key) {
  // The upper bits of a product depend on all bits of its factors.
  std::uint64_t mixed = (key ^ salt_) * 0x9E3779B97F4A7C15;
  mixed = (mixed ^ (mixed >> 32U)) * 0xD6E8FEB86659FD93;
  return newest_[mixed >> (64 - kBucketBits)];
}

std::optional<AuditIdUse> AuditIdBook::enter(const AuditIdUse& use) {
  if (newest_.empty()) newest_.assign(std::size_t{1} << kBucketBits, kNone);
  std::uint32_t& newest = newest_of(use.key);
  std::optional<AuditIdUse> last;
  // The chain leads to ever older entries; one that is not older took the place of the rest.
  std::uint64_t bound = use.sequence;
  for (std::uint32_t at = newest; at != kNone && entries_[at].sequence < bound;
       at = entries_[at].before) {
    const Entry& entry = entries_[at];
    bound = entry.sequence;
    if (entry.key != use.key) continue;
    last = AuditIdUse{entry.sequence, entry.key, entry.content, entry.time};
    break;
  }
  const Entry entry{use.sequence, use.key, use.content, use.time, newest};
  if (next_ < entries_.size()) {
    entries_[next_] = entry;
  } else {
    entries_.push_back(entry);
  }
  newest = static_cast<std::uint32_t>(next_);
  next_ = (next_ + 1) % kAuditIdsMax;
  return last;
}

}  // namespace nodeportd
