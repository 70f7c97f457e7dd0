// Follows a file and does nothing with what it reads, until it is told to stop: what any follower
// costs at least.

#include <csignal>
#include <cstdio>

#include "bench/tail.hpp"

namespace {

volatile std::sig_atomic_t stopping = 0;
void stop(int) {
  stopping = 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  struct sigaction action{};
  action.sa_handler = stop;
  (void)sigaction(SIGTERM, &action, nullptr);
  nodeportd::test::Tail tail(argv[1]);
  if (!tail.is_open()) return 1;
  std::puts("ready");
  std::fflush(stdout);
  while (stopping == 0) (void)tail.next(std::chrono::seconds(60));
  return 0;
}
