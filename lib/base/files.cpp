#include "base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace nodeportd {
namespace {

constexpr std::size_t kChunk = 64U << 10U;

// Folders are left to read(2), which says what they are.
Result<void> expect_regular(mode_t mode, const std::string& path) {
  if (S_ISREG(mode) || S_ISDIR(mode)) return {};
  const std::string_view kind = S_ISFIFO(mode)   ? "a pipe"
                                : S_ISSOCK(mode) ? "a socket"
                                                 : "a device";
  return fail(ErrorKind::config, path + ": is " + std::string(kind) + ", not a file");
}

}  // namespace

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd.is_open()) return fail_errno(errno, path);
  return fd;
}

Result<Fd> open_regular(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return fail_errno(errno, path);
  if (Result<void> regular = expect_regular(status.st_mode, path); !regular) {
    return fail(regular.error());
  }
  // Another may stand there by now: it must not make us wait, either.
  Result<Fd> fd = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return fd;
  if (::fstat(fd->get(), &status) != 0) return fail_errno(errno, path);
  if (Result<void> regular = expect_regular(status.st_mode, path); !regular) {
    return fail(regular.error());
  }
  return fd;
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max, FileKinds kinds) {
  Result<Fd> fd = kinds == FileKinds::regular ? open_regular(path) : open_file(path, O_RDONLY);
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
