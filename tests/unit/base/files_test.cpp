#include "base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "base/problem.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;

TEST_CASE("read_file gives every byte, up to its bound and not beyond") {
  const test::TempDir dir;
  const std::string path = dir / "file";
  const std::string content = std::string(200'000, 'a') + '\0' + "end";
  test::write_text(path, content);
  CHECK(read_file(path, content.size()).value() == content);

  const auto too_large = read_file(path, content.size() - 1);
  REQUIRE_FALSE(too_large);
  CHECK(too_large.error().kind == ErrorKind::full);
  CHECK(too_large.error().text == path + ": larger than 200003 bytes");

  test::write_text(path, "");
  CHECK(read_file(path, 0).value().empty());
}

TEST_CASE("what cannot be opened is told apart: not there, or refused") {
  const test::TempDir dir;
  const auto missing = open_file(dir / "missing", O_RDONLY);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::not_found);
  CHECK(missing.error().text == dir / "missing" + ": No such file or directory");

  const auto folder = read_file(dir.path(), 10);
  REQUIRE_FALSE(folder);
  CHECK(folder.error().kind == ErrorKind::io);
}

TEST_CASE("a pipe or a device is read only by who asks for it, and is not even opened by others") {
  const test::TempDir dir;
  const std::string pipe = dir / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto refused = read_file(pipe, 10);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::config);
  CHECK(refused.error().text == pipe + ": is a pipe, not a file");

  std::filesystem::create_symlink("/dev/zero", dir / "zeros");
  const auto zeros = read_file(dir / "zeros", 10);
  REQUIRE_FALSE(zeros);
  CHECK(zeros.error().text == dir / "zeros" + ": is a device, not a file");

  std::thread writer([&] {
    const auto fd = open_file(pipe, O_WRONLY);
    REQUIRE(fd);
    CHECK(write_all(fd->get(), "told"));
  });
  const auto told = read_file(pipe, 10, FileKinds::any);
  writer.join();
  CHECK(told.value_or("nothing") == "told");
}

TEST_CASE("a full disk is of kind full, and a new file is closed on exec") {
  const auto device = open_file("/dev/full", O_WRONLY);
  REQUIRE(device);
  CHECK(write_all(device->get(), "x").error().kind == ErrorKind::full);
  CHECK(fail_errno(EDQUOT, "x").value().kind == ErrorKind::full);
  CHECK((::fcntl(device->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("write_all goes on after short writes") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  // Larger than a pipe holds: write(2) takes it in parts.
  const std::string content(1'000'000, 'z');
  std::string received;
  std::thread reader([&] {
    std::array<char, 5000> part{};
    for (ssize_t got = 0; (got = ::read(reading.get(), part.data(), part.size())) > 0;) {
      received.append(part.data(), static_cast<std::size_t>(got));
    }
  });
  const auto written = write_all(writing.get(), content);
  writing.reset();
  reader.join();
  CHECK(written);
  CHECK(received == content);
}

TEST_CASE("an Fd closes what it owns, once") {
  int raw = -1;
  {
    Fd first = open_file("/dev/null", O_RDONLY).value();
    raw = first.get();
    const Fd second = std::move(first);
    CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): the state after a move
    CHECK(second.get() == raw);
  }
  CHECK(::fcntl(raw, F_GETFD) == -1);
}

TEST_CASE("a problem reads as file:line:column, or as the file alone") {
  CHECK(to_text(Problem{{"a.yaml", 3, 7}, "is wrong"}) == "a.yaml:3:7: is wrong");
  CHECK(to_text(Problem{{"a.yaml", 0, 0}, "is missing"}) == "a.yaml: is missing");
}

TEST_CASE("of many problems the first are kept, with how many there were") {
  Problems problems(100, Problem{{"a.yaml", 3, 7}, "is wrong"});
  keep_first(problems);
  CHECK(problems.size() == 100);
  problems.resize(105, Problem{{"b.yaml"}, "too"});
  keep_first(problems);
  REQUIRE(problems.size() == 101);
  CHECK(to_text(problems.back()) == "a.yaml: and 5 problems more");
}
