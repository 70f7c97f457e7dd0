#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/files.hpp"
#include "fuzz/hold.hpp"

namespace nodeportd::fuzz {

// A regular file that is on no disk, and has a path all the same.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("input", MFD_CLOEXEC)) {
    hold(fd_.is_open(), "there is memory for a file");
  }
  explicit MemoryFile(std::string_view bytes) : MemoryFile() { append(bytes); }

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }
  void append(std::string_view bytes) const {
    hold(write_all(fd_.get(), bytes).has_value(), "a file in memory can be written");
  }

 private:
  Fd fd_;
};

}  // namespace nodeportd::fuzz
