#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace nodeportd {

// The whole content of a file. A file larger than `bytes_max` is an error of kind full.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

// Writes all of `bytes`, over short writes and EINTR. ENOSPC and EDQUOT are of kind full.
[[nodiscard]] Result<void> write_all(int fd, std::string_view bytes);

// open(2) with O_CLOEXEC added; ENOENT is of kind not_found.
[[nodiscard]] Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0600);

}  // namespace nodeportd
