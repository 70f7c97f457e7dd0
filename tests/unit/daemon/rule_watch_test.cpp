#include "daemon/run/rule_watch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "base/files.hpp"
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

TEST_CASE("a new rule file is a change once it is closed, however long its writing takes") {
  const test::TempDir dir;
  boost::asio::io_context io;
  int changes = 0;
  RuleWatch watch(io, [&] {
    ++changes;
    io.stop();
  });
  const std::string rule = dir / "rule.yml";
  SECTION("in a folder") {
    REQUIRE(watch.add(dir.path().string()));
  }
  SECTION("by its own name") {
    REQUIRE(watch.add(rule));
  }
  Fd file = open_file(rule, O_WRONLY | O_CREAT).value();
  REQUIRE(write_all(file.get(), "title: "));
  // Longer than it has to be quiet for.
  io.run_for(std::chrono::milliseconds(700));
  CHECK(changes == 0);
  REQUIRE(write_all(file.get(), "one"));
  file.reset();
  io.restart();
  io.run_for(std::chrono::seconds(20));
  CHECK(changes == 1);
}

TEST_CASE("what is complete as it comes is a change at once") {
  const test::TempDir dir;
  test::write_text(dir / "written", "title: one");
  fs::create_directory(dir / "rules");
  boost::asio::io_context io;
  bool changed = false;
  RuleWatch watch(io, [&] {
    changed = true;
    io.stop();
  });
  REQUIRE(watch.add(dir / "rules"));
  SECTION("a symbolic link") {
    fs::create_symlink("../written", dir / "rules/rule.yml");
  }
  SECTION("a second name of a file") {
    fs::create_hard_link(dir / "written", dir / "rules/rule.yml");
  }
  SECTION("a file that was renamed") {
    fs::rename(dir / "written", dir / "rules/rule.yml");
  }
  SECTION("a pipe, which nobody closes") {
    REQUIRE(::mkfifo((dir / "rules/rule.yml").c_str(), 0600) == 0);
  }
  SECTION("a ConfigMap's folder") {
    fs::create_directory(dir / "rules/..2026");
  }
  io.run_for(std::chrono::seconds(20));
  CHECK(changed);
}

}  // namespace nodeportd
