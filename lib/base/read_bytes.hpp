#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace nodeportd {

// For bytes that a file is read into. They begin on a cache line, since the kernel copies to a
// place that does not at half the speed (`rep movsb`); what resize() adds is left as it is, since a
// read is about to fill it; and behind the capacity there is some room that may be read.
template <typename T>
struct ReadAllocator {
  using value_type = T;  // NOLINT(readability-identifier-naming): as the standard wants it
  static constexpr std::align_val_t kAlignment{64};
  static constexpr std::size_t kSlack = 64;  // bytes

  ReadAllocator() = default;
  template <typename U>
  explicit ReadAllocator(const ReadAllocator<U>& /*other*/) {}

  T* allocate(std::size_t size) {
    return static_cast<T*>(::operator new(size * sizeof(T) + kSlack, kAlignment));
  }
  void deallocate(T* bytes, std::size_t /*size*/) { ::operator delete(bytes, kAlignment); }

  template <typename U>
  void construct(U* place) {
    ::new (static_cast<void*>(place)) U;
  }
  template <typename U, typename... From>
  void construct(U* place, From&&... from) {
    ::new (static_cast<void*>(place)) U(std::forward<From>(from)...);
  }

  bool operator==(const ReadAllocator& /*other*/) const { return true; }
};

using ReadBytes = std::vector<char, ReadAllocator<char>>;

}  // namespace nodeportd
