// LD_PRELOAD: numbers the calls by which a process touches files and sockets, and lets one of them
// fail. SQLite and OpenSSL make theirs through the same functions of the C library, so they are
// numbered too. A call is known by its kind, its target (the name of a file beneath
// NODEPORTD_FAULT_FOLDER, or a peer's port) and how often the two have met: threads run freely, but
// these numbers hardly change from run to run.
//   NODEPORTD_CALLS=FILE       appends `KIND TARGET NUMBER` for every call
//   NODEPORTD_FAULT="KIND TARGET NUMBER FAULT TIMES"
// FAULT is `kill` (before the call), `torn` (dies after half of a write), `short` (half of it is
// done), or the number of an error; it strikes TIMES times from NUMBER on.

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr std::string_view kKill = "kill";
constexpr std::string_view kTorn = "torn";
constexpr std::string_view kShort = "short";

class Layer {
 public:
  Layer() {
    if (const char* folder = getenv("NODEPORTD_FAULT_FOLDER")) folder_ = folder;
    // Now: the process will confine itself.
    if (const char* path = getenv("NODEPORTD_CALLS")) {
      list_ = static_cast<int>(
          syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    }
    if (const char* fault = getenv("NODEPORTD_FAULT")) {
      std::istringstream(fault) >> kind_ >> target_ >> number_ >> fault_ >> times_;
    }
  }

  // What is to be done to this call; empty: nothing.
  std::string_view strike(std::string_view kind, const std::string& target) {
    if (target.empty()) return {};
    const std::lock_guard lock(mutex_);
    const int number = ++numbers_[std::string(kind) + ' ' + target];
    if (list_ >= 0) {
      const std::string line =
          std::string(kind) + ' ' + target + ' ' + std::to_string(number) + '\n';
      (void)syscall(SYS_write, list_, line.data(), line.size());
    }
    if (kind != kind_ || target != target_) return {};
    if (number < number_ || number >= number_ + times_) return {};
    if (fault_ == kKill) die();
    return fault_;
  }

  [[noreturn]] static void die() {
    for (;;) kill(getpid(), SIGKILL);
  }

  // Below the folder; empty for what is elsewhere.
  std::string name_of(std::string_view path) const {
    if (folder_.empty() || !path.starts_with(folder_) || path.size() <= folder_.size() + 1) {
      return {};
    }
    return std::string(path.substr(folder_.size() + 1));
  }

  std::string name_of(int fd) const {
    struct stat status{};
    if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode)) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
      return name_of(reinterpret_cast<const sockaddr*>(&peer));
    }
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    char path[4096];
    const ssize_t size = readlink(link, path, sizeof path);
    return size <= 0 ? std::string() : name_of(std::string_view(path, static_cast<size_t>(size)));
  }

  static std::string name_of(const sockaddr* peer) {
    if (peer->sa_family == AF_INET) {
      return std::to_string(ntohs(reinterpret_cast<const sockaddr_in*>(peer)->sin_port));
    }
    if (peer->sa_family == AF_INET6) {
      return std::to_string(ntohs(reinterpret_cast<const sockaddr_in6*>(peer)->sin6_port));
    }
    return {};
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> numbers_;
  std::string folder_;
  int list_ = -1;
  std::string kind_;
  std::string target_;
  int number_ = 0;
  std::string fault_;
  int times_ = 1;
};

// Made at the first call, which may come before this library's own constructors; never destroyed,
// since calls come after destructors too.
Layer& layer() {
  static auto* made = new Layer;
  return *made;
}

// Makes it before the process can have confined itself.
[[gnu::constructor]] void make_layer() {
  (void)layer();
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int fail_with(std::string_view fault) {
  errno = std::atoi(std::string(fault).c_str());
  return -1;
}

// A call that a fault fails as a whole.
template <typename Call>
auto guard(std::string_view kind, const std::string& target, Call call) -> decltype(call()) {
  const std::string_view fault = layer().strike(kind, target);
  if (fault.empty()) return call();
  return fail_with(fault);
}

// A call that moves bytes: `call` is given how many.
template <typename Call>
ssize_t guard_bytes(std::string_view kind, int fd, size_t size, Call call) {
  const std::string_view fault = layer().strike(kind, layer().name_of(fd));
  if (fault.empty()) return call(size);
  if (fault != kShort && fault != kTorn) return fail_with(fault);
  const ssize_t done = call(std::max<size_t>(size / 2, 1));
  if (fault == kTorn) Layer::die();
  return done;
}

mode_t mode_of(int flags, va_list more) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
}

int open_guarded(const char* path, int flags, mode_t mode) {
  const char* kind = (flags & O_CREAT) != 0 ? "create" : "open";
  return guard(kind, layer().name_of(std::string_view(path)),
               [&] { return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode)); });
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the C library's names
extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open_guarded(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open_guarded(path, flags, mode);
}

int __open_2(const char* path, int flags) {
  return open_guarded(path, flags, 0);
}

int __open64_2(const char* path, int flags) {
  return open_guarded(path, flags, 0);
}

ssize_t read(int fd, void* bytes, size_t size) {
  static auto* const real = next<ssize_t(int, void*, size_t)>("read");
  return guard_bytes("read", fd, size, [&](size_t want) { return real(fd, bytes, want); });
}

ssize_t pread(int fd, void* bytes, size_t size, off_t at) {
  static auto* const real = next<ssize_t(int, void*, size_t, off_t)>("pread64");
  return guard_bytes("pread", fd, size, [&](size_t want) { return real(fd, bytes, want, at); });
}

ssize_t pread64(int fd, void* bytes, size_t size, off_t at) {
  return pread(fd, bytes, size, at);
}

ssize_t __read_chk(int fd, void* bytes, size_t size, size_t) {
  return read(fd, bytes, size);
}

ssize_t __pread_chk(int fd, void* bytes, size_t size, off_t at, size_t) {
  return pread(fd, bytes, size, at);
}

ssize_t __pread64_chk(int fd, void* bytes, size_t size, off_t at, size_t) {
  return pread(fd, bytes, size, at);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  return guard_bytes("write", fd, size, [&](size_t want) { return real(fd, bytes, want); });
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite64");
  return guard_bytes("pwrite", fd, size, [&](size_t want) { return real(fd, bytes, want, at); });
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t at) {
  return pwrite(fd, bytes, size, at);
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  static auto* const real = next<ssize_t(int, const void*, size_t, int)>("send");
  return guard_bytes("send", fd, size, [&](size_t want) { return real(fd, bytes, want, flags); });
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const real = next<ssize_t(int, const msghdr*, int)>("sendmsg");
  size_t size = 0;
  for (size_t i = 0; i < message->msg_iovlen; ++i) size += message->msg_iov[i].iov_len;
  return guard_bytes("sendmsg", fd, size, [&](size_t want) {
    if (want == size || message->msg_iovlen == 0) return real(fd, message, flags);
    msghdr part = *message;
    iovec first = message->msg_iov[0];
    first.iov_len = std::min(first.iov_len, want);
    part.msg_iov = &first;
    part.msg_iovlen = 1;
    return real(fd, &part, flags);
  });
}

int fsync(int fd) {
  static auto* const real = next<int(int)>("fsync");
  return guard("fsync", layer().name_of(fd), [&] { return real(fd); });
}

int fdatasync(int fd) {
  static auto* const real = next<int(int)>("fdatasync");
  return guard("fdatasync", layer().name_of(fd), [&] { return real(fd); });
}

int ftruncate(int fd, off_t size) {
  static auto* const real = next<int(int, off_t)>("ftruncate64");
  return guard("ftruncate", layer().name_of(fd), [&] { return real(fd, size); });
}

int ftruncate64(int fd, off_t size) {
  return ftruncate(fd, size);
}

int fchmod(int fd, mode_t mode) {
  static auto* const real = next<int(int, mode_t)>("fchmod");
  return guard("fchmod", layer().name_of(fd), [&] { return real(fd, mode); });
}

int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  return guard("rename", layer().name_of(std::string_view(from)), [&] { return real(from, to); });
}

int unlink(const char* path) {
  static auto* const real = next<int(const char*)>("unlink");
  return guard("unlink", layer().name_of(std::string_view(path)), [&] { return real(path); });
}

int mkdir(const char* path, mode_t mode) {
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  return guard("mkdir", layer().name_of(std::string_view(path)), [&] { return real(path, mode); });
}

int inotify_add_watch(int fd, const char* path, uint32_t mask) {
  static auto* const real = next<int(int, const char*, uint32_t)>("inotify_add_watch");
  // The files of the logs are watched by their descriptors' names.
  return guard("watch", "logs", [&] { return real(fd, path, mask); });
}

int connect(int fd, const sockaddr* peer, socklen_t size) {
  static auto* const real = next<int(int, const sockaddr*, socklen_t)>("connect");
  return guard("connect", Layer::name_of(peer), [&] { return real(fd, peer, size); });
}

int socket(int domain, int type, int protocol) {
  static auto* const real = next<int(int, int, int)>("socket");
  const bool is_ours = domain == AF_INET || domain == AF_INET6;
  return guard("socket", is_ours ? "inet" : "", [&] { return real(domain, type, protocol); });
}

// SQLite's index of its write-ahead log is shared memory.
void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  const auto call = [&] {
    return reinterpret_cast<void*>(syscall(SYS_mmap, at, size, protection, flags, fd, offset));
  };
  if (fd < 0) return call();
  const std::string_view fault = layer().strike("mmap", layer().name_of(fd));
  if (fault.empty()) return call();
  fail_with(fault);
  return MAP_FAILED;
}

void* mmap64(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  return mmap(at, size, protection, flags, fd, offset);
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
