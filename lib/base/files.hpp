#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace nodeportd {

// Whether a path may also lead to a pipe or a device, which may let its reader wait for ever: only
// for what somebody names on a command line, as in `--config <(...)`, and waits for himself.
enum class FileKinds : std::uint8_t { regular, any };

// The whole content of a file. A file larger than `bytes_max` is an error of kind full.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t bytes_max,
                                            FileKinds kinds = FileKinds::regular);

// Writes all of `bytes`, over short writes and EINTR. ENOSPC and EDQUOT are of kind full.
[[nodiscard]] Result<void> write_all(int fd, std::string_view bytes);

// To read what is at `path`, unless it is a pipe, a device or the like: opening one may wait, and
// does things with a device; that is of kind config. Folders are taken, as by open(2).
[[nodiscard]] Result<Fd> open_regular(const std::string& path);

// open(2) with O_CLOEXEC added; ENOENT is of kind not_found.
[[nodiscard]] Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0600);

}  // namespace nodeportd
