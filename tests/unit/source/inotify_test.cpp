#include "source/inotify.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <thread>

#include "source/log_file.hpp"
#include "unit/source/followed.hpp"

namespace nodeportd::test {

using Kind = KernelEvent::Kind;

TEST_CASE("the kernel's events come as values, a renamed file under its watch") {
  const TempDir dir;
  write_text(dir / "f", "");
  LogFile file = *LogFile::open(dir / "f", LogFile::Form::plain);
  Inotify inotify;
  const Result<int> watched = inotify.watch_file(file.descriptor());
  const Result<int> folder = inotify.watch_folder(dir.path().string());
  REQUIRE(watched.has_value());
  REQUIRE(folder.has_value());
  CHECK(inotify.read_events().empty());
  std::filesystem::rename(dir / "f", dir / "g");
  append_text(dir / "g", "x");
  const std::vector<KernelEvent> events = inotify.read_events();
  REQUIRE(events.size() == 3);
  CHECK((events[0].kind == Kind::named && events[0].name == "f" && events[0].watch == *folder));
  CHECK((events[1].kind == Kind::named && events[1].name == "g"));
  CHECK((events[2].kind == Kind::grown && events[2].watch == *watched));
  inotify.forget(*watched);
  CHECK(inotify.read_events().at(0).kind == Kind::released);
  CHECK_FALSE(inotify.watch_folder(dir / "nothing").has_value());
}

TEST_CASE("an overflow of the kernel's queue loses no line") {
  Scene scene;
  write_text(scene.log(), "");
  scene.open();
  scene.drain();
  // More events than the queue takes (fs.inotify.max_queued_events, 16384 by default), no two
  // neighbours alike, and the rotation is the one that is dropped.
  for (int i = 0; i < 10'000; ++i) {
    std::filesystem::rename(scene.log(), scene.log() + ".x");
    std::filesystem::rename(scene.log() + ".x", scene.log());
  }
  append_text(scene.log(), "a\n");
  scene.rotate("b\n");
  scene.rotate("c\n");
  CHECK(scene.news() == Lines{"a", "b", "c"});
  CHECK(scene.source->counters().overflows.get() > 0);
}

namespace {

// From now on this thread gets no instance of inotify, as if all that its user may have
// (fs.inotify.max_user_instances) were taken. Taking them would take them from other tests, too.
void refuse_inotify() {
  std::array<sock_filter, 4> program{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_inotify_init1, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EMFILE),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  REQUIRE(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

}  // namespace

TEST_CASE("without the kernel's help the log is looked at from time to time, and it is told") {
  Scene scene;
  write_text(scene.log(), "a\n");
  std::thread([&scene] {
    refuse_inotify();
    scene.open();
  }).join();
  CHECK(scene.news() == Lines{"a"});
  CHECK(scene.supply.notices() == Lines{"source.unwatched"});
  append_text(scene.log(), "b\n");
  scene.rotate("c\n");
  scene.reconcile();
  CHECK(scene.news() == Lines{"b", "c"});
  CHECK(scene.source->counters().unwatched.get() > 0);
}

}  // namespace nodeportd::test
