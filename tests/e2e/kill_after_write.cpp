// LD_PRELOAD: the process is killed right after the NODEPORTD_KILL_AFTER-th write(2) to the file
// whose path is NODEPORTD_KILL_PATH. SIGKILL cannot be caught, so this is what a crash at that
// moment does.

#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

namespace {

bool is_chosen(int fd) {
  static const char* chosen = getenv("NODEPORTD_KILL_PATH");
  if (chosen == nullptr) return false;
  char link[64];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  char path[4096];
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return strcmp(path, chosen) == 0;
}

}  // namespace

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
  using Write = ssize_t (*)(int, const void*, size_t);
  static const Write real = reinterpret_cast<Write>(dlsym(RTLD_NEXT, "write"));
  static std::atomic<int> left{
      getenv("NODEPORTD_KILL_AFTER") != nullptr ? atoi(getenv("NODEPORTD_KILL_AFTER")) : 1};
  const ssize_t put = real(fd, bytes, size);
  if (is_chosen(fd) && left.fetch_sub(1) == 1) kill(getpid(), SIGKILL);
  return put;
}
