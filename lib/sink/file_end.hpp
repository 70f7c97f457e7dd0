#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace nodeportd {

// Where a file sink's file ended after its last complete write. Device and inode, never the path:
// logrotate may have renamed it since.
struct FileEnd {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;

  friend bool operator==(const FileEnd&, const FileEnd&) = default;
};

[[nodiscard]] std::string to_text(const FileEnd& end);
// nullopt for what to_text() did not write.
[[nodiscard]] std::optional<FileEnd> parse_file_end(std::string_view text);

// The idempotency keys of the whole lines that were written to `path` after `end` was kept, also
// if the file was renamed to another name that begins with its own. If it is gone or was
// truncated, the last 16 MiB of every such file are searched: a key is unique, so finding too much
// does no harm. A torn last line of the file that was written last is ended.
[[nodiscard]] Result<std::vector<std::string>> keys_written_since(const std::string& path,
                                                                  const FileEnd& end);

}  // namespace nodeportd
