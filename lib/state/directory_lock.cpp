#include "state/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/files.hpp"

namespace nodeportd {
namespace {

// Who holds the lock, as it wrote into the file.
std::string holder(const std::string& path) {
  std::string pid = read_file(path, 64).value_or("");
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "" : " (pid " + pid + ")";
}

}  // namespace

Result<void> make_directory(const std::string& directory) {
  const std::filesystem::path parent = std::filesystem::path(directory).parent_path();
  std::error_code ignored;  // mkdir below says what is wrong
  if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(errno, directory);
  return {};
}

Result<Fd> lock_directory(const std::string& directory) {
  if (auto made = make_directory(directory); !made) return fail(made.error());
  const std::string path = directory + "/lock";
  Result<Fd> fd = open_file(path, O_RDWR | O_CREAT);
  // On a disk that is read-only what is there can be locked all the same.
  if (!fd && fd.error().kind != ErrorKind::full) {
    if (Result<Fd> read = open_file(path, O_RDONLY)) fd = std::move(read);
  }
  if (!fd) return fail(fd.error());
  if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno(errno, path);
    return fail(ErrorKind::closed, "another nodeportd" + holder(path) + " uses " + directory);
  }
  // The pid is for people; a disk that is full must not stop the start.
  if (::ftruncate(fd->get(), 0) == 0) (void)write_all(fd->get(), std::to_string(::getpid()) + "\n");
  return fd;
}

}  // namespace nodeportd
