// Parses every line of a file into simdjson's DOM and looks for what the first shipped rule asks:
// the fastest way to do it that drops no line unread.

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

bool is_creation(const simdjson::dom::element& event) {
  std::string_view resource;
  std::string_view verb;
  std::string_view type;
  return event.at_pointer("/objectRef/resource").get(resource) == simdjson::SUCCESS &&
         event.at_pointer("/verb").get(verb) == simdjson::SUCCESS &&
         event.at_pointer("/requestObject/spec/type").get(type) == simdjson::SUCCESS &&
         resource == "services" && verb == "create" && type == "NodePort";
}

struct Counted {
  unsigned long long lines = 0;
  unsigned long long creations = 0;
  unsigned long long refused = 0;
};

void take(simdjson::dom::parser& parser, const char* line, std::size_t size, std::size_t capacity,
          Counted& counted) {
  ++counted.lines;
  const bool is_padded = capacity >= size + simdjson::SIMDJSON_PADDING;
  const auto event = parser.parse(line, size, !is_padded);
  if (event.error() != simdjson::SUCCESS) {
    ++counted.refused;
  } else if (is_creation(event.value_unsafe())) {
    ++counted.creations;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int file = ::open(argv[1], O_RDONLY | O_CLOEXEC);
  if (file < 0) return 1;
  simdjson::dom::parser parser;
  std::vector<char> block(4U << 20U);
  std::size_t kept = 0;  // bytes of a line whose end is not read yet
  Counted counted;
  for (;;) {
    if (kept == block.size()) block.resize(2 * block.size());
    const ssize_t got = ::read(file, block.data() + kept, block.size() - kept);
    if (got <= 0) break;
    const std::size_t end = kept + static_cast<std::size_t>(got);
    std::size_t begin = 0;
    while (const void* newline = std::memchr(block.data() + begin, '\n', end - begin)) {
      const char* line = block.data() + begin;
      const auto size = static_cast<std::size_t>(static_cast<const char*>(newline) - line);
      take(parser, line, size, block.size() - begin, counted);
      begin += size + 1;
    }
    kept = end - begin;
    std::memmove(block.data(), block.data() + begin, kept);
  }
  std::printf("%llu lines, %llu creations, %llu refused\n", counted.lines, counted.creations,
              counted.refused);
  return 0;
}
