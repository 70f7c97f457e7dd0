#include <catch2/catch.hpp>

#include "support/temp_dir.hpp"
#include "unit/state/samples.hpp"

namespace nodeportd::test {
namespace {

using Kind = ServiceChange::Kind;

std::unique_ptr<Store> open_bounded(const TempDir& dir, std::uint64_t max_services,
                                    std::uint64_t max_size = std::uint64_t{1} << 30U) {
  StoreOptions options;
  options.directory = dir / "state";
  options.max_services = max_services;
  options.max_size = max_size;
  options.open_windows = 0;
  return must(Store::open(options, at(0)));
}

void commit(Store& store, std::vector<ServiceChange> services) {
  Changes changes;
  changes.services = std::move(services);
  must(store.commit(changes, at(1)));
}

// `namespace/name` of all that is known, in the order of the visit.
Names known(Store& store) {
  Names names;
  CHECK(must(store.for_each_service([&](const KnownService& service) {
          names.push_back(service.ns + '/' + service.name);
        })) == 0);
  return names;
}

KnownService service_in(const std::string& cluster, const std::string& ns,
                        const std::string& name) {
  KnownService service = sample_service(name);
  service.cluster = cluster;
  service.ns = ns;
  return service;
}

TEST_CASE("a Service is known by cluster, namespace and name, as the last change left it") {
  TempDir dir;
  {
    auto store = open_store(dir / "state");
    KnownService reborn = sample_service("a");
    reborn.uid = "another";
    commit(*store, {{Kind::known, sample_service("a")},
                    {Kind::known, service_in("prod", "other", "a")},
                    {Kind::known, service_in("test", "default", "a")},
                    {Kind::known, sample_service("gone")}});
    commit(*store, {{Kind::known, closed_service("a", 8)},
                    {Kind::forgotten, sample_service("a")},
                    {Kind::known, reborn},
                    {Kind::forgotten, sample_service("gone")},
                    {Kind::forgotten, sample_service("never seen")}});
  }
  auto store = open_store(dir / "state");
  const auto found = must(store->find_service("prod", "default", "a"));
  REQUIRE(found.has_value());
  CHECK(found->uid == "another");
  CHECK(found->node_ports == sample_service("a").node_ports);
  CHECK(must(store->find_service("prod", "other", "a")) == service_in("prod", "other", "a"));
  CHECK(must(store->find_service("test", "default", "a")) == service_in("test", "default", "a"));
  CHECK_FALSE(must(store->find_service("prod", "default", "gone")).has_value());
  CHECK_FALSE(must(store->find_service("prod", "", "a")).has_value());
}

TEST_CASE("Services are visited by cluster, namespace and name, whether open or not") {
  auto store = must(Store::open_temporary());
  commit(*store, {{Kind::known, service_in("b", "a", "a")},
                  {Kind::known, service_in("a", "y", "a")},
                  {Kind::known, service_in("a", "x", "b")},
                  {Kind::known, service_in("a", "x", "a")},
                  {Kind::known, closed_service("z", 1)}});
  CHECK(known(*store) == Names{"x/a", "x/b", "y/a", "a/a", "default/z"});
}

TEST_CASE(
    "beyond the bound the closed give way first, those that are unchanged longest, and it is "
    "counted") {
  TempDir dir;
  auto store = open_bounded(dir, 3);
  commit(*store, {{Kind::known, sample_service("open-2", 2)},
                  {Kind::known, closed_service("closed-9", 9)},
                  {Kind::known, sample_service("open-1", 1)}});
  CHECK(must(store->service_history()).given_up == 0);
  commit(*store, {{Kind::known, closed_service("closed-8", 8)}});
  CHECK(known(*store) == Names{"default/closed-9", "default/open-1", "default/open-2"});
  commit(*store, {{Kind::known, sample_service("open-3", 3)}});
  CHECK(known(*store) == Names{"default/open-1", "default/open-2", "default/open-3"});
  commit(*store, {{Kind::known, sample_service("open-1", 7)},  // no longer the oldest
                  {Kind::known, sample_service("open-4", 4)}});
  CHECK(known(*store) == Names{"default/open-1", "default/open-3", "default/open-4"});
  CHECK(must(store->service_history()).given_up == 3);
  commit(*store,
         {{Kind::forgotten, sample_service("open-3")}, {Kind::known, sample_service("open-0", 0)}});
  CHECK(known(*store) == Names{"default/open-0", "default/open-1", "default/open-4"});
}

TEST_CASE("Services take a quarter of max_size at most, however many ports one has") {
  TempDir dir;
  auto store = open_bounded(dir, 1000, 400'000);
  KnownService heavy = sample_service("heavy", 1);
  heavy.node_ports.resize(500, heavy.node_ports.at(0));
  commit(*store, {{Kind::known, heavy}, {Kind::known, sample_service("light", 2)}});
  CHECK(known(*store).size() == 2);
  heavy.node_ports.resize(5'000, heavy.node_ports.at(0));
  commit(*store, {{Kind::known, heavy}});
  CHECK(known(*store) == Names{"default/light"});
  CHECK(must(store->service_history()).given_up == 1);
}

TEST_CASE("when changes were lost every Service is forgotten, and known anew from there") {
  TempDir dir;
  auto store = open_bounded(dir, 3);
  commit(*store, {{Kind::known, sample_service("a", 1)}, {Kind::known, sample_service("b", 2)}});
  CHECK(must(store->service_history()).since == at(1));
  commit(*store, {{Kind::all_forgotten, {}}, {Kind::known, sample_service("c", 5)}});
  CHECK(known(*store) == Names{"default/c"});
  CHECK(must(store->service_history()).since == at(5));
}

TEST_CASE("since when Services are known is the time of the first write that told one") {
  TempDir dir;
  auto store = open_store(dir / "state");
  commit(*store, {{Kind::forgotten, {}}});
  CHECK_FALSE(must(store->service_history()).since.has_value());
  Changes changes;
  changes.audit_ids = {{1, 1, 1, at(20)}, {2, 2, 2, at(30)}};
  must(store->commit(changes, at(99)));
  commit(*store, {{Kind::known, sample_service("late", 40)}});
  CHECK(must(store->service_history()).since == at(20));
  commit(*store, {{Kind::known, sample_service("of a slower log", 10)}});
  CHECK(must(store->service_history()).since == at(10));
}

TEST_CASE("the uses of auditIDs are known in their order, over restarts") {
  TempDir dir;
  const std::uint64_t high = 0xFFFFFFFFFFFFFFF0;  // beyond what SQLite holds with a sign
  const std::vector<AuditIdUse> uses = {
      {1, high, 7, at(1)}, {2, 5, 8, at(2)}, {3, high, high + 2, at(3)}};
  {
    auto store = open_store(dir / "state");
    CHECK(must(store->last_audit_sequence()) == 0);
    CHECK(must(store->audit_ids()).empty());
    Changes changes;
    changes.audit_ids = {uses[0], uses[1]};
    must(store->commit(changes, at(9)));
    must(store->commit(changes, at(9)));  // the same writes once more change nothing
    changes.audit_ids = {uses[2]};
    must(store->commit(changes, at(9)));
  }
  auto store = open_store(dir / "state");
  CHECK(must(store->last_audit_sequence()) == 3);
  CHECK(must(store->audit_ids()) == uses);
}

TEST_CASE("the last hundred thousand auditIDs are kept") {
  auto store = must(Store::open_temporary());
  const auto sequences = [&] {
    std::vector<std::uint64_t> found;
    for (const AuditIdUse& use : must(store->audit_ids())) found.push_back(use.sequence);
    return found;
  };
  Changes changes;
  changes.audit_ids = {{1, 1, 0, at(1)}, {2, 2, 0, at(1)}};
  must(store->commit(changes, at(1)));
  changes.audit_ids = {{3, 3, 0, at(1)}, {100'000, 4, 0, at(1)}};
  must(store->commit(changes, at(1)));
  CHECK(sequences() == std::vector<std::uint64_t>{1, 2, 3, 100'000});
  changes.audit_ids = {{100'002, 5, 0, at(2)}};
  must(store->commit(changes, at(1)));
  CHECK(sequences() == std::vector<std::uint64_t>{3, 100'000, 100'002});
  CHECK(must(store->last_audit_sequence()) == 100'002);
}

TEST_CASE("auditIDs that were committed one by one are read together from the second start on") {
  TempDir dir;
  std::vector<AuditIdUse> uses;
  {
    auto store = open_store(dir / "state");
    for (std::uint64_t i = 1; i <= 1'500; ++i) {
      uses.push_back({i, i * 3, i, at(1)});
      Changes changes;
      changes.audit_ids = {uses.back()};
      must(store->commit(changes, at(1)));
    }
    CHECK(must(store->audit_ids()) == uses);
    CHECK(must(store->audit_ids()) == uses);
    CHECK(must(store->last_audit_sequence()) == 1'500);
  }
  Database database = must(Database::open(dir / "state/state.db", Database::Access::existing));
  std::int64_t rows = 0;
  must(database.each("SELECT count(*) FROM audit_id_runs",
                     [&](const Row& row) { rows = row.integer(0); }));
  CHECK(rows == 2);
}

TEST_CASE("a damaged row of auditIDs is set aside and told of, the others are known") {
  TempDir dir;
  {
    auto store = open_store(dir / "state");
    Changes changes;
    changes.audit_ids = {{1, 1, 1, at(1)}};
    must(store->commit(changes, at(1)));
    changes.audit_ids = {{2, 2, 2, at(2)}};
    must(store->commit(changes, at(2)));
  }
  tamper(dir / "state", "UPDATE audit_id_runs SET uses = zeroblob(40) WHERE last = 1");
  auto store = open_store(dir / "state");
  CHECK(must(store->audit_ids()) == std::vector<AuditIdUse>{{2, 2, 2, at(2)}});
  REQUIRE(store->take_notices().size() == 1);
  CHECK(must(store->audit_ids()).size() == 1);
  CHECK(store->take_notices().empty());
}

TEST_CASE("a commit that fails changes no Service") {
  TempDir dir;
  auto store = open_bounded(dir, 1000, 100'000);
  commit(*store, {{Kind::known, sample_service("a")}});
  Changes changes;
  changes.services = {{Kind::forgotten, sample_service("a")}};
  changes.audit_ids = {{1, 1, 1, at(1)}};
  changes.outgoing = {{sample_alert("heavy"), {}}};
  changes.outgoing[0].alert.message = std::string(60'000'000, 'x');
  CHECK_FALSE(store->commit(changes, at(2)).has_value());
  CHECK(known(*store) == Names{"default/a"});
  CHECK(must(store->last_audit_sequence()) == 0);
}

}  // namespace
}  // namespace nodeportd::test
