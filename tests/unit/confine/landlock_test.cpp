#include "confine/landlock.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <thread>

#include "base/fd.hpp"
#include "support/in_child.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using nodeportd::test::in_child;
using nodeportd::test::TempDir;
using nodeportd::test::write_text;

namespace {

namespace fs = std::filesystem;

std::string outcome(bool well) {
  const int number = errno;  // NOLINT: read before anything else can set it
  return well ? "well" : ::strerrorname_np(number);
}

std::string open_to(const std::string& path, int flags) {
  return outcome(Fd(::open(path.c_str(), flags | O_CLOEXEC, 0600)).is_open());
}
std::string read_of(const std::string& path) {
  return open_to(path, O_RDONLY);
}
std::string write_of(const std::string& path) {
  return open_to(path, O_WRONLY | O_CREAT | O_TRUNC);
}

std::string removal_of(const std::string& path) {
  return outcome(::unlink(path.c_str()) == 0);
}

// Whether tests of Landlock are of use here; says why not.
bool has_landlock() {
  if (probe_landlock() > 0) return true;
  WARN("SKIPPED: this kernel has no Landlock: " << std::strerror(-probe_landlock()));
  return false;
}

// What `act` says once only `allowed` is left.
std::string confined(const std::vector<AllowedPath>& allowed,
                     const std::function<std::string()>& act) {
  return in_child([&] {
    const Result<int> done = confine_files(allowed);
    return done ? act() : done.error().text;
  });
}

// A folder with one file of each kind: to read, to write, and what is nobody's business.
struct Tree {
  Tree() {
    for (const char* folder : {"logs", "state", "run", "secret"})
      fs::create_directory(dir / folder);
    write_text(dir / "logs/audit.log", "line\n");
    write_text(dir / "state/state.db", "old\n");
    write_text(dir / "secret/key", "hush\n");
  }
  std::vector<AllowedPath> allowed() const {
    return {{dir / "logs", FileAccess::read},
            {dir / "state", FileAccess::write},
            {dir / "run", FileAccess::sockets},
            {dir / "not there", FileAccess::write}};
  }
  TempDir dir;
};

struct Attempt {
  std::string name;
  std::function<std::string(const Tree&)> act;
};

}  // namespace

TEST_CASE("outside of what is allowed nothing can be read, made, changed or removed") {
  if (!has_landlock()) return;
  const std::vector<Attempt> attempts = {
      {"read", [](const Tree& t) { return read_of(t.dir / "secret/key"); }},
      {"read what all may", [](const Tree&) { return read_of("/etc/passwd"); }},
      {"change", [](const Tree& t) { return write_of(t.dir / "secret/key"); }},
      {"make", [](const Tree& t) { return write_of(t.dir / "secret/new"); }},
      {"remove", [](const Tree& t) { return removal_of(t.dir / "secret/key"); }},
      {"cut",
       [](const Tree& t) { return outcome(::truncate((t.dir / "secret/key").c_str(), 0) == 0); }},
      {"change what may be read", [](const Tree& t) { return write_of(t.dir / "logs/audit.log"); }},
      {"make where may be read", [](const Tree& t) { return write_of(t.dir / "logs/new"); }},
      {"remove what may be read",
       [](const Tree& t) { return removal_of(t.dir / "logs/audit.log"); }},
      {"make no socket", [](const Tree& t) { return write_of(t.dir / "run/file"); }},
      {"make a folder",
       [](const Tree& t) { return outcome(::mkdir((t.dir / "state/new").c_str(), 0700) == 0); }},
      {"make a link",
       [](const Tree& t) { return outcome(::symlink("/", (t.dir / "state/new").c_str()) == 0); }},
  };
  for (const Attempt& attempt : attempts) {
    CAPTURE(attempt.name);
    const Tree tree;
    CHECK(confined(tree.allowed(), [&] { return attempt.act(tree); }) == "EACCES");
  }
}

TEST_CASE("what is allowed goes on as before") {
  if (!has_landlock()) return;
  const std::vector<Attempt> attempts = {
      {"read", [](const Tree& t) { return read_of(t.dir / "logs/audit.log"); }},
      {"list", [](const Tree& t) { return read_of(t.dir / "logs"); }},
      {"read what may be written", [](const Tree& t) { return read_of(t.dir / "state/state.db"); }},
      {"change", [](const Tree& t) { return write_of(t.dir / "state/state.db"); }},
      {"make", [](const Tree& t) { return write_of(t.dir / "state/new"); }},
      {"rename",
       [](const Tree& t) {
         const std::string path = t.dir / "state/state.db";
         return outcome(std::rename(path.c_str(), (path + ".1").c_str()) == 0);
       }},
      {"remove", [](const Tree& t) { return removal_of(t.dir / "state/state.db"); }},
      {"cut",
       [](const Tree& t) {
         const Fd file(::open((t.dir / "state/state.db").c_str(), O_RDWR));
         return outcome(::ftruncate(file.get(), 1) == 0);
       }},
      {"make a socket and remove it",
       [](const Tree& t) {
         const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
         sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
         (t.dir / "run/s").copy(address.sun_path, sizeof address.sun_path - 1);
         const auto* name = reinterpret_cast<const sockaddr*>(&address);
         if (::bind(socket.get(), name, sizeof address) != 0) return outcome(false);
         return removal_of(address.sun_path);
       }},
  };
  for (const Attempt& attempt : attempts) {
    CAPTURE(attempt.name);
    const Tree tree;
    CHECK(confined(tree.allowed(), [&] { return attempt.act(tree); }) == "well");
  }
}

TEST_CASE("what is made later beneath an allowed folder is allowed") {
  if (!has_landlock()) return;
  const Tree tree;
  CHECK(confined(tree.allowed(), [&] {
          const std::string made = write_of(tree.dir / "state/new");
          return made + ' ' + read_of(tree.dir / "state/new");
        }) == "well well");
}

TEST_CASE("a link is allowed only where its end is") {
  if (!has_landlock()) return;
  const Tree tree;
  fs::create_symlink(tree.dir / "secret/key", tree.dir / "logs/link");
  CHECK(confined(tree.allowed(), [&] { return read_of(tree.dir / "logs/link"); }) == "EACCES");
  const std::vector<AllowedPath> with_end = {{tree.dir / "logs/link", FileAccess::read}};
  CHECK(confined(with_end, [&] { return read_of(tree.dir / "secret/key"); }) == "well");
}

TEST_CASE("what was open before stays open") {
  if (!has_landlock()) return;
  const Tree tree;
  CHECK(in_child([&] {
          const Fd before(::open((tree.dir / "secret/key").c_str(), O_RDONLY));
          if (!confine_files(tree.allowed())) return std::string("failed");
          char byte = 0;
          return outcome(::read(before.get(), &byte, 1) == 1);
        }) == "well");
}

TEST_CASE("no program can be started, not even one that can be read") {
  if (!has_landlock()) return;
  CHECK(confined({{"/", FileAccess::read}, {"/usr", FileAccess::write}}, [] {
          ::execl("/bin/true", "true", nullptr);
          return outcome(false);
        }) == "EACCES");
}

TEST_CASE("threads that start later are confined too") {
  if (!has_landlock()) return;
  const Tree tree;
  CHECK(confined(tree.allowed(), [&] {
          std::string said;
          std::thread([&] { said = read_of(tree.dir / "secret/key"); }).join();
          return said;
        }) == "EACCES");
}

TEST_CASE("without Landlock nothing is changed and the reason is told") {
  struct Case {
    int (*probe)();
    std::string why;
  };
  const auto c = GENERATE(values<Case>({
      {[] { return -ENOSYS; }, "Landlock: the kernel was built without it"},
      {[] { return -EOPNOTSUPP; }, "Landlock: the kernel was started without it (lsm=)"},
      {[] { return -EPERM; }, "Landlock: Operation not permitted"},
  }));
  CHECK(in_child([&] {
          const Result<int> done = confine_files({}, c.probe);
          return (done ? "confined" : done.error().text) + ", " + read_of("/etc/passwd");
        }) == c.why + ", well");
}

TEST_CASE("the first version of Landlock is enough") {
  if (!has_landlock()) return;
  const Tree tree;
  CHECK(in_child([&] {
          const Result<int> done = confine_files(tree.allowed(), [] { return 1; });
          return (done ? std::to_string(*done) : done.error().text) + ' ' +
                 write_of(tree.dir / "state/new") + ' ' + read_of(tree.dir / "secret/key");
        }) == "1 well EACCES");
}
