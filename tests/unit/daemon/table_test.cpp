#include "daemon/table.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

namespace nodeportd {
namespace {

std::string printed(const Table& table) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = ::open_memstream(&text, &size);
  table.print(stream);
  std::fclose(stream);
  std::string result(text, size);
  std::free(text);
  return result;
}

}  // namespace

TEST_CASE("columns are as wide as their widest cell, counted in characters") {
  Table table({"USER", "COUNT"});
  CHECK(table.empty());
  table.add({"ålice", "1"});
  table.add({"system:masters", "12"});
  CHECK_FALSE(table.empty());
  CHECK(printed(table) ==
        "USER            COUNT\n"
        "ålice           1\n"
        "system:masters  12\n");
}

TEST_CASE("a cell cannot act on the terminal nor fill it") {
  Table table({"A", "B"});
  table.add({"\x1b[2J" + std::string(500, 'x'), "b"});
  const std::string text = printed(table);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("\\x1b[2J") != std::string::npos);
  CHECK(text.size() < 140);
}

}  // namespace nodeportd
