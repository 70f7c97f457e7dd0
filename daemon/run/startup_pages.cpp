#include "daemon/run/startup_pages.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace nodeportd {
namespace {

// Only what was never written is the same in the file: data, and what the loader relocates, lie in
// segments that are writable at first.
int give_back_constant_segments(dl_phdr_info* object, std::size_t /*size*/, void* page_size) {
  const std::uintptr_t page = *static_cast<const std::uintptr_t*>(page_size);
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t first = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
    (void)::madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void give_back_startup_pages() {
  (void)::malloc_trim(0);
  auto page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  (void)::dl_iterate_phdr(give_back_constant_segments, &page_size);
}

}  // namespace nodeportd
