// Runs a command and prints what it cost: `CPU-SECONDS WALL-SECONDS PEAK-KIB EXIT-CODE`. Whoever
// forks lends the child its own memory until the exec, and the kernel counts that to the child's
// peak: so this is small, and the bench's interpreter is not.
//   spend STDOUT STDERR COMMAND [ARGUMENT]...

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "base/clock.hpp"

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  constexpr int kWrite = O_CREAT | O_TRUNC | O_WRONLY;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, argv[1], kWrite, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, argv[2], kWrite, 0600);
  const nodeportd::SystemClock clock;
  const nodeportd::MonoTime begin = clock.mono();
  pid_t child = 0;
  if (::posix_spawnp(&child, argv[3], &actions, nullptr, argv + 3, environ) != 0) return 1;
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child) return 1;
  const double wall = std::chrono::duration<double>(clock.mono() - begin).count();
  std::printf("%.6f %.6f %ld %d\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), wall,
              usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
