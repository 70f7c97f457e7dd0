#include <catch2/catch.hpp>
#include <filesystem>

#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"
#include "unit/state/version_1.hpp"
#include "unit/state/version_2.hpp"

namespace nodeportd::test {
namespace {

StoreOptions write_version_1(const TempDir& dir, const std::string& more = "") {
  StoreOptions options;
  options.directory = dir / "state";
  std::filesystem::create_directory(options.directory);
  Database database =
      must(Database::open(options.directory + "/state.db", Database::Access::create));
  must(database.execute(version_1_state() + more));
  return options;
}

std::int64_t version_of(const StoreOptions& options) {
  Database database =
      must(Database::open(options.directory + "/state.db", Database::Access::existing));
  std::int64_t version = 0;
  must(database.each("PRAGMA user_version", [&](const Row& row) { version = row.integer(0); }));
  return version;
}

TEST_CASE("a state of version 1 is brought up to date with all that it holds") {
  TempDir dir;
  const StoreOptions options = write_version_1(dir);
  Alert alert = sample_alert("a");
  alert.exposures.clear();
  for (int start = 1; start <= 2; ++start) {  // the second finds it up to date
    auto store = must(Store::open(options, at(start)));
    CHECK(store->take_notices().empty());
    CHECK(store->epoch() == "0123456789abcdef");
    CHECK(same(must(store->positions()).at(0), sample_mark("log", 1, 10)));
    CHECK(must(store->open_windows(10)).at(0).alert.id == "w");
    CHECK(same(must(store->pending("s", 10, 1 << 20)).at(0).alert, alert));
    CHECK_FALSE(must(store->find_service("prod", "default", "web")).has_value());
    CHECK(must(store->last_audit_sequence()) == 0);
    CHECK_FALSE(must(store->service_history()).since.has_value());
  }
  CHECK(version_of(options) == 5);
  auto store = must(Store::open(options, at(3)));
  Changes changes;
  changes.services = {{{}, sample_service("web")}};
  must(store->commit(changes, at(4)));
  CHECK(must(store->find_service("prod", "default", "web")) == sample_service("web"));
  must(store->settle("s", std::vector<Settlement>{{"a", 1, {}, ""}}, "", at(4)));
  CHECK(waiting(*store).empty());
}

TEST_CASE("a state of version 2 keeps the auditIDs that it knows") {
  TempDir dir;
  const StoreOptions options =
      write_version_1(dir, std::string(kVersion2Additions) +
                               "INSERT INTO audit_ids VALUES (7, -16, 70, 1000000), "
                               "(9, 5, 90, 2000000);");
  const std::uint64_t high = 0xFFFFFFFFFFFFFFF0;
  const std::vector<AuditIdUse> uses = {{7, high, 70, at(1)}, {9, 5, 90, at(2)}};
  for (int start = 1; start <= 2; ++start) {
    auto store = must(Store::open(options, at(start)));
    CHECK(store->take_notices().empty());
    CHECK(store->epoch() == "0123456789abcdef");
    CHECK(must(store->audit_ids()) == uses);
    CHECK(must(store->last_audit_sequence()) == 9);
    CHECK(waiting(*store) == Names{"a.1"});
  }
  CHECK(version_of(options) == 5);
}

TEST_CASE("a reader beside the daemon leaves a state of version 1 as it is and says what to do") {
  TempDir dir;
  const StoreOptions options = write_version_1(dir);
  const auto store = Store::open_beside(options);
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().kind == ErrorKind::config);
  CHECK(store.error().text.find("when the daemon starts") != std::string::npos);
  CHECK(version_of(options) == 1);
}

TEST_CASE("a state of version 1 that is damaged is saved into one of today") {
  TempDir dir;
  const StoreOptions options = write_version_1(dir, "DROP TABLE watermarks;");
  auto store = must(Store::open(options, at(1)));
  CHECK(store->take_notices().size() == 1);
  CHECK(waiting(*store) == Names{"a.1"});
  CHECK(version_of(options) == 5);
}

// Of a state with one alert that waits, which a newer version wrote.
StoreOptions options_of_newer(const TempDir& dir) {
  StoreOptions options;
  options.directory = dir / "state";
  Changes changes;
  changes.positions = {sample_mark("log", 1)};
  changes.outgoing = {{sample_alert("a"), {"s"}}};
  must(open_store(options.directory)->commit(changes, at(1)));
  tamper(options.directory, "PRAGMA user_version = 99;");
  return options;
}

TEST_CASE("a newer schema is refused and left as it is") {
  TempDir dir;
  const StoreOptions options = options_of_newer(dir);
  for (const auto& store : {Store::open(options, at(2)), Store::open_beside(options)}) {
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().kind == ErrorKind::config);
    CHECK(store.error().text.find("schema 99") != std::string::npos);
  }
  tamper(options.directory, "PRAGMA user_version = 2;");
  CHECK(waiting(*open_store(options.directory)) == std::vector<std::string>{"a.1"});
}

TEST_CASE("a newer schema is set aside whole where that is asked for, and told") {
  TempDir dir;
  StoreOptions options = options_of_newer(dir);
  options.discards_newer = true;
  const auto store = must(Store::open(options, at(2)));
  CHECK(waiting(*store).empty());
  CHECK(must(store->positions()).empty());
  const std::vector<Notice> notices = store->take_notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].rule == "state.damaged");
  REQUIRE(notices[0].facts.size() == 1);
  CHECK(std::filesystem::exists(notices[0].facts[0].second));
}

}  // namespace
}  // namespace nodeportd::test
