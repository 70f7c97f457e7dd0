// Reads a file in blocks of 1 MB and does nothing with them: what any reader costs at least.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int file = ::open(argv[1], O_RDONLY | O_CLOEXEC);
  if (file < 0) return 1;
  std::vector<char> block(1'000'000);
  unsigned long long bytes = 0;
  ssize_t got = 0;
  while ((got = ::read(file, block.data(), block.size())) > 0) {
    bytes += static_cast<unsigned long long>(got);
  }
  std::printf("%llu\n", bytes);
  return got < 0 ? 1 : 0;
}
