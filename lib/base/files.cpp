#include "base/files.hpp"

#include <fcntl.h>

#include <cerrno>

namespace nodeportd {
namespace {

constexpr std::size_t kChunk = 64U << 10U;

}  // namespace

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd.is_open()) return fail_errno(errno, path);
  return fd;
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  Result<Fd> fd = open_file(path, O_RDONLY);
  if (!fd) return fail(fd.error());
  std::string content;
  for (;;) {
    const std::size_t have = content.size();
    content.resize(have + kChunk);
    const ssize_t got = ::read(fd->get(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) {
      content.resize(have);
      continue;
    }
    if (got < 0) return fail_errno(errno, path);
    content.resize(have + static_cast<std::size_t>(got));
    if (got == 0) return content;
    if (content.size() > bytes_max) {
      return fail(ErrorKind::full, path + ": larger than " + std::to_string(bytes_max) + " bytes");
    }
  }
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(errno, "write");
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace nodeportd
