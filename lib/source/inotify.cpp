#include "source/inotify.hpp"

#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace nodeportd {
namespace {

constexpr std::uint32_t kFileMask = IN_MODIFY;
constexpr std::uint32_t kFolderMask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                      IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
// A writer that never pauses must not keep us from reading its log.
constexpr int kReadsMax = 1024;
constexpr std::size_t kEventMax = sizeof(inotify_event) + NAME_MAX + 1;

KernelEvent to_event(const inotify_event& raw, const char* name) {
  KernelEvent event{.kind = KernelEvent::Kind::named, .watch = raw.wd, .name = {}};
  if ((raw.mask & IN_Q_OVERFLOW) != 0) {
    event.kind = KernelEvent::Kind::overflow;
  } else if ((raw.mask & IN_IGNORED) != 0) {
    event.kind = KernelEvent::Kind::released;
  } else if ((raw.mask & IN_MODIFY) != 0) {
    event.kind = KernelEvent::Kind::grown;
  } else if (raw.len > 0) {
    if ((raw.mask & IN_DELETE) != 0) event.kind = KernelEvent::Kind::removed;
    if ((raw.mask & IN_CREATE) != 0) event.kind = KernelEvent::Kind::created;
    event.name = std::string(name, ::strnlen(name, raw.len));
  }
  return event;
}

}  // namespace

Inotify::Inotify() : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

Result<int> Inotify::watch(const std::string& path, std::uint32_t mask, const std::string& name) {
  const int watch = ::inotify_add_watch(fd_.get(), path.c_str(), mask);
  if (watch < 0) return fail_errno(errno, "inotify: " + name);
  return watch;
}

Result<int> Inotify::watch_file(int descriptor) {
  // Through the descriptor, since the name may lead to another file by now.
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return watch(path, kFileMask, path);
}

Result<int> Inotify::watch_folder(const std::string& path) {
  return watch(path, kFolderMask, path);
}

Result<int> Inotify::watch_contents(const std::string& path) {
  return watch(path, kFolderMask | IN_CLOSE_WRITE, path);
}

void Inotify::forget(int watch) {
  (void)::inotify_rm_watch(fd_.get(), watch);
}

std::vector<KernelEvent> Inotify::read_events() {
  std::vector<KernelEvent> events;
  alignas(inotify_event) std::array<char, 16UL * 1024> buffer{};
  for (int i = 0; i < kReadsMax; ++i) {
    const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event raw{};
      std::memcpy(&raw, buffer.data() + at, sizeof raw);
      events.push_back(to_event(raw, buffer.data() + at + sizeof raw));
      at += sizeof raw + raw.len;
    }
    // The next event would have found room: there is none.
    if (static_cast<std::size_t>(got) + kEventMax <= buffer.size()) break;
  }
  return events;
}

}  // namespace nodeportd
