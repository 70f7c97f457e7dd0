#include "daemon/run/rule_watch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "support/temp_dir.hpp"

namespace nodeportd {
namespace {

namespace fs = std::filesystem;

void lead(const std::string& link, const std::string& target) {
  fs::create_symlink(target, link + ".new");
  fs::rename(link + ".new", link);
}

}  // namespace

TEST_CASE("a link to a folder of rules that is made to lead elsewhere is a change") {
  const test::TempDir dir;
  for (const char* folder : {"one", "two"}) fs::create_directory(dir / folder);
  fs::create_directory(dir / "links");
  lead(dir / "links/first", "../middle");
  lead(dir / "middle", "one");
  const std::string watched = dir / GENERATE("middle", "middle/", "links/first");
  boost::asio::io_context io;
  bool changed = false;
  RuleWatch watch(io, [&] {
    changed = true;
    io.stop();
  });
  REQUIRE(watch.add(watched));
  SECTION("the link leads elsewhere") {
    lead(dir / "middle", "two");
  }
  SECTION("a rule is written where it leads") {
    test::write_text(dir / "one/rule.yml", "title: one");
  }
  io.run_for(std::chrono::seconds(20));
  CHECK(changed);
}

}  // namespace nodeportd
