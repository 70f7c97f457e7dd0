#include "confine/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.hpp"

namespace nodeportd {
namespace {

// Rights that are younger than the headers that we are built with.
constexpr std::uint64_t kTruncate = 1ULL << 14U;  // version 3
constexpr std::uint64_t kIoctlDev = 1ULL << 15U;  // version 5

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kSockets = LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;
constexpr std::uint64_t kWrite = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
constexpr std::uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

// Everything of version 1: what we name here and allow nowhere is refused everywhere.
constexpr std::uint64_t kVersion1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;

// Moving between folders (LANDLOCK_ACCESS_FS_REFER) is refused by every version without being
// named.
std::uint64_t rights_known_to(int version) {
  return kVersion1 | (version >= 3 ? kTruncate : 0) | (version >= 5 ? kIoctlDev : 0);
}

std::uint64_t rights_of(FileAccess access) {
  switch (access) {
    case FileAccess::write:
      return kWrite;
    case FileAccess::sockets:
      return kSockets;
    case FileAccess::read:
      break;
  }
  return kRead;
}

Error absence(int error_number) {
  switch (error_number) {
    case ENOSYS:
      return {ErrorKind::not_found, "Landlock: the kernel was built without it"};
    case EOPNOTSUPP:
      return {ErrorKind::not_found, "Landlock: the kernel was started without it (lsm=)"};
    default:
      return fail_errno(error_number, "Landlock").value();
  }
}

Result<void> allow(int rules, const AllowedPath& allowed, std::uint64_t known) {
  const Fd fd(::open(allowed.path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status{};
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) {
    // Not there, or not ours to go to: then it cannot be opened later either.
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP) return {};
    return fail_errno(errno, "Landlock: " + allowed.path);
  }
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights_of(allowed.access) & known;
  if (!S_ISDIR(status.st_mode)) rule.allowed_access &= kOfFiles;
  if (rule.allowed_access == 0) return {};
  rule.parent_fd = fd.get();
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return {};
  // A pipe or a socket has no place in the tree of files, and is not restricted.
  if (errno == EBADFD) return {};
  return fail_errno(errno, "Landlock: " + allowed.path);
}

}  // namespace

int probe_landlock() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? -errno : static_cast<int>(version);
}

Result<int> confine_files(const std::vector<AllowedPath>& allowed, int (*probe)()) {
  const int version = probe();
  if (version < 0) return fail(absence(-version));
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = rights_known_to(version);
  const Fd rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!rules.is_open()) return fail_errno(errno, "Landlock");
  for (const AllowedPath& each : allowed) {
    if (auto added = allow(rules.get(), each, attributes.handled_access_fs); !added) {
      return fail(added.error());
    }
  }
  // The kernel asks for this, lest a set-uid program runs under rules that it does not expect.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(errno, "no_new_privs");
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) {
    return fail_errno(errno, "Landlock");
  }
  return version;
}

}  // namespace nodeportd
