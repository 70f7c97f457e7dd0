#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace nodeportd {

// What stays allowed with a file, or beneath a folder however deep.
enum class FileAccess : std::uint8_t {
  read,     // files and the names in folders
  write,    // that, and to make, change, rename within a folder and remove files
  sockets,  // to make and remove sockets; to read nothing
};

struct AllowedPath {
  std::string path;  // absolute; a link stands for where it leads now
  FileAccess access = FileAccess::read;
  friend auto operator<=>(const AllowedPath&, const AllowedPath&) = default;
};

// The version of the kernel's Landlock, from 1 on, or a negated errno.
[[nodiscard]] int probe_landlock();

// Takes from the calling thread, and from those that it starts from now on, every file that is not
// allowed: opening one fails with EACCES, starting any program too. What is open stays usable;
// looking at a file without opening it (stat, inotify, connecting to a socket) is not restricted.
// For ever: it can be narrowed later, never widened. Paths that are not there are passed over.
// Returns the version of Landlock; an error of kind not_found, with nothing changed, where there is
// none.
[[nodiscard]] Result<int> confine_files(const std::vector<AllowedPath>& allowed,
                                        int (*probe)() = probe_landlock);

}  // namespace nodeportd
