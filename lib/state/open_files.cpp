#include "state/open_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace nodeportd {
namespace {

std::optional<std::pair<unsigned long long, unsigned long long>> id_of(const std::string& path) {
  struct stat status{};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return std::nullopt;
  return std::pair(status.st_dev, status.st_ino);
}

}  // namespace

OpenFiles::OpenFiles(const std::string& path)
    : files_{File{path, id_of(path)}, File{path + "-wal", id_of(path + "-wal")},
             File{path + "-shm", id_of(path + "-shm")}, File{}} {
  // Without it a second daemon could take the state for its own.
  files_[3].path = (std::filesystem::path(path).parent_path() / "lock").string();
  files_[3].id = id_of(files_[3].path);
}

bool OpenFiles::are_in_place() const {
  return std::all_of(files_.begin(), files_.end(), [](const File& file) {
    if (!file.id) return true;
    const std::optional<Id> now = id_of(file.path);
    // A disk that fails says nothing of its files.
    return now ? now == file.id : errno != ENOENT && errno != ENOTDIR;
  });
}

bool OpenFiles::is_state_replaced() const {
  const std::optional<Id> now = id_of(files_[0].path);
  return now && now != files_[0].id;
}

}  // namespace nodeportd
