// Other processes: locks, kills, and a kernel that refuses.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>

#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

// Runs `body` in a child that ends with what it returns.
template <typename Body>
pid_t fork_child(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  REQUIRE(pid > 0);
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return status;
}

TEST_CASE("a second start on the same directory is refused and told who has it") {
  TempDir dir;
  StoreOptions options;
  options.directory = dir / "state";
  auto store = open_store(options.directory);
  const auto second = Store::open(options, at(1));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().kind == ErrorKind::closed);
  CHECK(second.error().text ==
        "another nodeportd (pid " + std::to_string(::getpid()) + ") uses " + options.directory);
  const int status = wait_for(fork_child([&] {
    const auto other = Store::open(options, at(1));
    return !other && other.error().kind == ErrorKind::closed ? 7 : 0;
  }));
  CHECK(WEXITSTATUS(status) == 7);
  store.reset();
  CHECK(Store::open(options, at(1)).has_value());
}

// Commits 1, 2, 3 … until it is killed, each number everywhere, and says so after each commit.
int commit_numbers(const StoreOptions& options, int report) {
  auto store = Store::open(options, at(1));
  if (!store) return 1;
  std::uint64_t number =
      must((*store)->positions()).empty() ? 0 : must((*store)->positions()).at(0).offset;
  for (;;) {
    ++number;
    const auto revision = static_cast<std::uint32_t>(number);
    Changes changes;
    changes.positions = {sample_mark("log", 1, number)};
    changes.windows = {sample_window("w", revision)};
    changes.outgoing = {{sample_alert("w", revision), {"s"}},
                        {sample_alert("n" + std::to_string(number)), {"t"}}};
    changes.suppressions = {{"ci", 1}};
    if (!(*store)->commit(changes, at(2))) return 2;
    if (::write(report, &number, sizeof number) != sizeof number) return 3;
  }
}

TEST_CASE("a process killed at any moment leaves whole commits, and none that it told of is gone") {
  TempDir dir;
  StoreOptions options;
  options.directory = dir / "state";
  std::mt19937 random(20261124);
  std::uint64_t last = 0;
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    Fd reader(ends[0]);
    Fd writer(ends[1]);
    const pid_t child = fork_child([&] { return commit_numbers(options, writer.get()); });
    writer.reset();
    std::uint64_t told = 0;
    const std::uint64_t until = last + 1 + random() % 20;
    while (told < until && ::read(reader.get(), &told, sizeof told) == sizeof told) {
    }
    REQUIRE(told == until);
    REQUIRE(::kill(child, SIGKILL) == 0);
    CHECK(WIFSIGNALED(wait_for(child)));

    auto store = open_store(options.directory);
    last = must(store->positions()).at(0).offset;
    INFO("round " << round << ", told " << told);
    REQUIRE(last >= told);
    CHECK(must(store->find_window("w"))->alert.revision == last);
    CHECK(waiting(*store, "s") == Names{"w." + std::to_string(last)});
    CHECK(must(store->pending_usage("t")).count == last);
    CHECK(must(store->suppressions()).at(0).second == last);
    CHECK(store->quarantined() == 0);
    CHECK(store->take_notices().empty());
  }
}

TEST_CASE("a write that the kernel refuses fails the whole commit and no later one") {
  TempDir dir;
  auto store = open_store(dir / "state");
  send(*store, sample_alert("before"));
  Changes changes;
  changes.outgoing = {{sample_alert("big"), {"s"}}};
  changes.outgoing[0].alert.message = std::string(3'000'000, 'x');
  changes.positions = {sample_mark("log", 1, 5)};

  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit low{1'000'000, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
  const Result<void> refused = store->commit(changes, at(1));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  ::signal(SIGXFSZ, ignored);

  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::io);
  CHECK(must(store->positions()).empty());
  CHECK(waiting(*store) == Names{"before.1"});
  must(store->commit(changes, at(2)));
  CHECK(waiting(*store) == Names{"before.1", "big.1"});
}

}  // namespace
}  // namespace nodeportd::test
