#include "source/footprint.hpp"

#include <algorithm>

namespace nodeportd {
namespace {

Result<std::optional<std::string>> read_matching(LogFile& file, std::uint64_t offset,
                                                 std::uint32_t size, const Digest& digest) {
  std::string bytes(size, '\0');
  Result<std::size_t> got = file.read_at(offset, bytes);
  if (!got) return fail(got.error());
  if (*got < size || digest_of(bytes) != digest) return std::optional<std::string>{};
  return std::optional(std::move(bytes));
}

}  // namespace

void Footprint::pass(std::string_view bytes) {
  if (head_.size() < kHeadMax) {
    head_.append(bytes.substr(0, kHeadMax - head_.size()));
    head_digest_.reset();
  }
  if (bytes.size() >= kTailMax) {
    tail_ = bytes.substr(bytes.size() - kTailMax);
    return;
  }
  tail_.append(bytes);
  if (tail_.size() > kTailMax) tail_.erase(0, tail_.size() - kTailMax);
}

void Footprint::sign(FileMark& mark) const {
  mark.head_size = static_cast<std::uint32_t>(head_.size());
  if (!head_digest_) head_digest_ = digest_of(head_);
  mark.head = *head_digest_;
  mark.tail_size = static_cast<std::uint32_t>(tail_.size());
  mark.tail = digest_of(tail_);
}

Result<std::optional<Footprint>> Footprint::find(LogFile& file, const FileMark& mark) {
  if (mark.offset == 0) return std::optional(Footprint());
  // Of a row that says what sign() cannot have written, nothing is believed.
  if (mark.head_size > kHeadMax || mark.tail_size > kTailMax || mark.tail_size > mark.offset ||
      mark.tail_size == 0) {
    return std::optional<Footprint>{};
  }
  auto head = read_matching(file, 0, mark.head_size, mark.head);
  if (!head) return fail(head.error());
  if (!*head) return std::optional<Footprint>{};
  auto tail = read_matching(file, mark.offset - mark.tail_size, mark.tail_size, mark.tail);
  if (!tail) return fail(tail.error());
  if (!*tail) return std::optional<Footprint>{};
  Footprint found;
  found.head_ = std::move(**head);
  found.tail_ = std::move(**tail);
  return std::optional(std::move(found));
}

}  // namespace nodeportd
