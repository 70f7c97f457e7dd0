#include "source/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <utility>

namespace nodeportd {
namespace {

tl::unexpected<Error> fail_open(int error_number, const std::string& path) {
  Error error = fail_errno(error_number, path).value();
  const bool passes = error_number == EMFILE || error_number == ENFILE || error_number == ENOMEM;
  if (passes) error.kind = ErrorKind::full;
  if (error_number == ENOTDIR) error.kind = ErrorKind::not_found;
  return fail(std::move(error));
}

Result<void> require_regular(const struct stat& status, const std::string& path) {
  if (S_ISREG(status.st_mode)) return {};
  return fail(ErrorKind::malformed, path + ": not a regular file");
}

FileId id_of(const struct stat& status) {
  return {status.st_dev, status.st_ino};
}

Result<std::size_t> read_plain(int fd, std::uint64_t offset, std::span<char> bytes,
                               const std::string& name) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, name);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace

Result<FileId> file_id_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail_open(errno, path);
  return id_of(status);
}

Result<LogFile> LogFile::open(const std::string& path, Form form) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail_open(errno, path);
  if (auto regular = require_regular(status, path); !regular) return fail(regular.error());
  LogFile file;
  file.name_ = path;
  file.fd_ = Fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.fd_.is_open() || ::fstat(file.fd_.get(), &status) != 0) return fail_open(errno, path);
  if (auto regular = require_regular(status, path); !regular) return fail(regular.error());
  file.id_ = id_of(status);
  if (form == Form::plain) return file;
  std::array<char, 2> magic{};
  Result<std::size_t> got = read_plain(file.fd_.get(), 0, magic, path);
  if (!got) return fail(got.error());
  if (*got == magic.size() && magic[0] == '\x1f' && magic[1] == '\x8b') {
    file.tape_ = std::make_unique<Tape>(std::exchange(file.fd_, Fd()), path);
  }
  return file;
}

LogFile LogFile::of_pipe(Fd fd, std::string name) {
  LogFile file;
  file.tape_ = std::make_unique<Tape>(std::move(fd), std::move(name));
  return file;
}

Result<LogFile::Extent> LogFile::extent() const {
  if (tape_) return Extent{};
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0) return fail_errno(errno, name_);
  return Extent{static_cast<std::uint64_t>(status.st_size), status.st_nlink};
}

Result<std::size_t> LogFile::read_at(std::uint64_t offset, std::span<char> bytes) {
  return tape_ ? tape_->read_at(offset, bytes) : read_plain(fd_.get(), offset, bytes, name_);
}

}  // namespace nodeportd
