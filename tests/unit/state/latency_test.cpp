// What keeps a commit and a delivery short, and that it changes nothing else.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "state/fresh_deliveries.hpp"
#include "support/file_size_limit.hpp"
#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

constexpr std::size_t kMany = 1'000;
constexpr std::size_t kBytes = std::size_t{1} << 24U;

std::vector<std::string> ids(const std::vector<Delivery>& deliveries) {
  std::vector<std::string> ids;
  for (const Delivery& each : deliveries) {
    ids.push_back(each.alert.id + '.' + std::to_string(each.alert.revision) + '@' +
                  std::to_string(each.sequence));
  }
  return ids;
}

}  // namespace

// A sanitizer writes as well: to a pipe, to learn whether memory can be read.
#ifndef NODEPORTD_SANITIZED

// Of this process until now.
static std::uint64_t write_calls() {
  std::ifstream io("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "syscw:") return value;
  }
  FAIL("the kernel counts no system calls");
  return 0;
}

TEST_CASE("a commit is one write, however many pages it has") {
  const TempDir dir;
  auto store = must(Store::open({.directory = dir.path()}, at(1)));
  send(*store, sample_alert("a"), {"s", "t"});
  const std::uint64_t before = write_calls();
  send(*store, sample_alert("b"), {"s", "t"});
  CHECK(write_calls() - before == 1);
}

#endif

TEST_CASE("a commit that fits the disk in part alone has not happened, and the next one has") {
  const TempDir dir;
  const StoreOptions options{.directory = dir.path()};
  auto store = must(Store::open(options, at(1)));
  send(*store, sample_alert("a"));
  const auto log_size = std::filesystem::file_size(dir.path() / "state.db-wal");
  const std::uint64_t room = GENERATE(0U, 1U, 24U, 4120U, 4121U, 20000U);
  Changes changes;
  changes.outgoing.push_back({sample_alert("b"), {"s"}});
  {
    const FileSizeLimit limit(log_size + room);
    CHECK_FALSE(store->commit(changes, at(2)).has_value());
  }
  CHECK(waiting(*store) == Names{"a.1"});
  send(*store, sample_alert("c"));
  CHECK(waiting(*store) == Names{"a.1", "c.1"});
  store.reset();  // as a crash leaves it: all that there is lies in the log
  CHECK(waiting(*must(Store::open(options, at(3)))) == Names{"a.1", "c.1"});
}

TEST_CASE("what waits is the same from memory as out of the file, whatever happens to it") {
  const TempDir dir;
  const StoreOptions options{.directory = dir.path()};
  auto store = must(Store::open(options, at(1)));
  auto beside = must(Store::open_beside(options));  // has nothing in memory
  std::mt19937 random(GENERATE(1U, 2U, 3U));
  std::vector<std::uint32_t> revisions(6, 0);
  std::size_t handed_over = 0;
  for (int i = 0; i < 400; ++i) {
    const std::size_t which = random() % revisions.size();
    const std::string id = "alert-" + std::to_string(which);
    switch (random() % 8) {
      case 0: {
        const std::vector<Alert> known = {sample_alert(id, revisions[which])};
        (void)must(store->adopt("s", known));
        break;
      }
      case 1:
        (void)must(store->expire("s", 1, at(i)));
        break;
      case 2:
        (void)must((random() % 2 == 0 ? store : beside)->resend("s", std::nullopt));
        break;
      case 3:
      case 4: {
        const auto expected = ids(must(beside->pending("s", kMany, kBytes)));
        const auto got = must(store->pending("s", kMany, kBytes));
        REQUIRE(ids(got) == expected);
        handed_over += got.size();
        std::vector<Settlement> done;
        for (const Delivery& each : got) {
          done.push_back({each.alert.id, each.alert.revision, Settlement::End::delivered, ""});
        }
        if (random() % 4 > 0) must(store->settle("s", done, "mark", at(i)));
        break;
      }
      default:
        send(*store, sample_alert(id, ++revisions[which]), {"s"});
        if (random() % 3 == 0) send(*store, sample_alert(id, revisions[which]), {"s"});
    }
  }
  CHECK(handed_over > 50);
}

TEST_CASE("fresh deliveries are all that waits, or unknown") {
  FreshDeliveries fresh;
  fresh.add("s", 1, sample_alert("a"), 10);
  CHECK_FALSE(fresh.take("s", 9, 99));  // more may have waited before
  fresh.begin("s");
  CHECK_FALSE(fresh.take("s", 9, 99));  // nothing: others may have put something there
  fresh.begin("s");
  fresh.add("s", 1, sample_alert("a"), 10);
  fresh.add("s", 2, sample_alert("b"), 10);
  SECTION("taken once") {
    CHECK(ids(fresh.take("s", 2, 20).value()) == std::vector<std::string>{"a.1@1", "b.1@2"});
    CHECK_FALSE(fresh.take("s", 9, 99));
  }
  SECTION("not in part") {
    const auto [rows, bytes] = GENERATE(std::pair(1, 99), std::pair(9, 19));
    CHECK_FALSE(fresh.take("s", static_cast<std::size_t>(rows), static_cast<std::size_t>(bytes)));
  }
  SECTION("not when one takes another's place") {
    fresh.add("s", 1, sample_alert("a", 2), 10);
    CHECK_FALSE(fresh.take("s", 9, 99));
  }
  SECTION("bounded") {
    for (int i = 0; i < 100; ++i) fresh.add("s", 3 + i, sample_alert(std::to_string(i)), 10);
    CHECK_FALSE(fresh.take("s", kMany, kBytes));
  }
}

}  // namespace nodeportd::test
