// What was open before a write, and so what the write opened.
#include "aggregate/exposure_history.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>

#include "support/exposure_text.hpp"

namespace nodeportd {
namespace {

using test::doors_text;
using Extent = ServiceWrite::Extent;
using Outcome = Exposure::Outcome;
using Change = Exposure::Change;

WallTime at(int minute) {
  return WallTime(std::chrono::minutes(minute));
}

Doors ports(const std::vector<std::uint32_t>& numbers) {
  Doors doors;
  for (const std::uint32_t number : numbers) {
    doors.node_ports.push_back({number, "", number - 30'000, "", "TCP"});
  }
  return doors;
}

ServiceWrite write_of(const std::string& uid, const Doors& doors, int minute,
                      Change change = Change::updated) {
  ServiceWrite write;
  write.exposure.outcome = Outcome::succeeded;
  write.exposure.change = change;
  write.exposure.type = doors.node_ports.empty() ? "ClusterIP" : "NodePort";
  write.exposure.doors = doors;
  write.exposure.ns = "web";
  write.exposure.name = "shop";
  write.exposure.uid = uid;
  write.exposure.actor = "user-" + std::to_string(minute);
  write.extent = Extent::whole;
  write.creates = change == Change::created;
  write.time = at(minute);
  return write;
}

// A state in memory, into which every change goes at once, or only when it is told.
class Shelf final : public ExposureShelf {
 public:
  std::optional<KnownService> find_service(const std::string& cluster, const std::string& ns,
                                           const std::string& name) override {
    ++lookups;
    const auto found = services.find(cluster + "/" + ns + "/" + name);
    return found == services.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<AuditIdUse> audit_ids() override { return uses; }
  void commit(ExposureHistory& history) {
    Changes changes;
    history.take_changes(changes);
    for (const ServiceChange& change : changes.services) {
      const KnownService& service = change.service;
      const std::string key = service.cluster + "/" + service.ns + "/" + service.name;
      if (change.kind == ServiceChange::Kind::known) {
        services[key] = service;
      } else {
        services.erase(key);
      }
    }
    uses.insert(uses.end(), changes.audit_ids.begin(), changes.audit_ids.end());
  }

  std::map<std::string, KnownService> services;
  std::vector<AuditIdUse> uses;
  int lookups = 0;  // of Services
};

// One history, committed after every write or never: the answers are the same.
struct Bench {
  explicit Bench(bool at_once) : commits(at_once) {}

  // `before, change: what was opened`
  std::string settle(ServiceWrite write) {
    history.settle(write);
    if (commits) shelf.commit(history);
    const Exposure& facts = write.exposure;
    return std::string(to_text(facts.before)) + ", " + std::string(to_text(facts.change)) + ":" +
           doors_text(facts.opened);
  }

  bool commits;
  Shelf shelf;
  ExposureHistory history{"prod", shelf};
};

}  // namespace

TEST_CASE("only what was not there before is opened") {
  Bench bench(GENERATE(true, false));
  const auto settle = [&](const ServiceWrite& write) { return bench.settle(write); };
  // Nothing is known: all of it counts.
  CHECK(settle(write_of("u", ports({31000}), 1)) == "unknown, updated: 31000/TCP");
  for (int i = 0; i < 100; ++i) {
    CHECK(settle(write_of("u", ports({31000}), 2, Change::applied)) == "open, touched:");
  }
  CHECK(settle(write_of("u", ports({31000, 31001}), 3)) == "open, updated: 31001/TCP");
  CHECK(settle(write_of("u", ports({31001}), 4)) == "open, updated:");
  CHECK(settle(write_of("u", {}, 5)) == "open, closed:");
  CHECK(settle(write_of("u", {}, 6)) == "closed, touched:");
  CHECK(settle(write_of("u", ports({31001}), 7)) == "closed, updated: 31001/TCP");
  Doors more = ports({31001});
  more.external_ips = {"192.0.2.7"};
  more.health_check_node_port = 32000;
  CHECK(settle(write_of("u", more, 8)) == "open, updated: ip=192.0.2.7 health=32000");
  more.health_check_node_port = 32001;
  CHECK(settle(write_of("u", more, 9)) == "open, updated: health=32001");
  // The same number for another protocol is another port.
  more.node_ports.push_back({31001, "", 1001, "", "UDP"});
  CHECK(settle(write_of("u", more, 10)) == "open, updated: 31001/UDP");
}

TEST_CASE("a Service that takes another's place owes nothing to its history") {
  Bench bench(GENERATE(true, false));
  CHECK(bench.settle(write_of("a", ports({31000}), 1, Change::created)) ==
        "absent, created: 31000/TCP");
  CHECK(bench.settle(write_of("b", ports({31000}), 2)) == "unknown, updated: 31000/TCP");
  // A late deletion of the first leaves the second known.
  ServiceWrite gone = write_of("a", {}, 3, Change::closed);
  gone.extent = Extent::gone;
  CHECK(bench.settle(gone) == "unknown, closed:");
  CHECK(bench.settle(write_of("b", ports({31000}), 4)) == "open, touched:");
  gone.exposure.uid = "b";
  CHECK(bench.settle(gone) == "open, closed:");
  CHECK(bench.settle(write_of("b", ports({31000}), 5)) == "unknown, updated: 31000/TCP");
  CHECK(bench.settle(write_of("c", ports({31000}), 6, Change::created)) ==
        "absent, created: 31000/TCP");
}

TEST_CASE("what did not succeed opens nothing and is not remembered") {
  Bench bench(GENERATE(true, false));
  ServiceWrite attempt = write_of("u", ports({31000}), 1, Change::created);
  attempt.exposure.outcome = GENERATE(Outcome::denied, Outcome::rejected, Outcome::conflict,
                                      Outcome::dry_run, Outcome::failed, Outcome::unknown);
  attempt.extent = Extent::nothing;
  CHECK(bench.settle(attempt) == "unknown, created:");
  CHECK(bench.settle(write_of("u", ports({31000}), 2)) == "unknown, updated: 31000/TCP");
}

TEST_CASE("a write whose result is not told makes the history unknown") {
  Bench bench(GENERATE(true, false));
  CHECK(bench.settle(write_of("u", ports({31000}), 1)) == "unknown, updated: 31000/TCP");
  ServiceWrite blind = write_of("u", {}, 2, Change::patched);
  blind.extent = Extent::unknown;
  CHECK(bench.settle(blind) == "open, patched:");
  CHECK(bench.settle(write_of("u", ports({31000}), 3)) == "unknown, updated: 31000/TCP");
}

TEST_CASE("a patch adds to what is known what it names") {
  Bench bench(GENERATE(true, false));
  CHECK(bench.settle(write_of("u", ports({31000}), 1)) == "unknown, updated: 31000/TCP");
  ServiceWrite patch = write_of("", {}, 2, Change::patched);
  patch.extent = Extent::partial;
  patch.exposure.type = std::nullopt;
  patch.exposure.doors.external_ips = {"192.0.2.7"};
  CHECK(bench.settle(patch) == "open, patched: ip=192.0.2.7");
  patch.exposure.doors = ports({31001});
  CHECK(bench.settle(patch) == "open, patched: 31001/TCP");
  Doors all = ports({31000, 31001});
  all.external_ips = {"192.0.2.7"};
  CHECK(bench.settle(write_of("u", all, 3)) == "open, touched:");
  // Back to ClusterIP: the node ports are gone, the address stays.
  patch.exposure.doors = {};
  patch.exposure.type = "ClusterIP";
  CHECK(bench.settle(patch) == "open, patched:");
  CHECK(bench.settle(write_of("u", all, 4)) == "open, updated: 31000/TCP 31001/TCP");
  ServiceWrite label = write_of("u", {}, 5, Change::patched);
  label.extent = Extent::nothing;
  CHECK(bench.settle(label) == "open, touched:");
}

TEST_CASE("what a patch takes away is opened anew when a patch brings it back") {
  Bench bench(GENERATE(true, false));
  const auto patch = [&](const Doors& doors) {
    ServiceWrite write = write_of("", doors, 2, Change::patched);
    write.extent = Extent::partial;
    if (doors.node_ports.empty()) write.exposure.type = std::nullopt;
    return bench.settle(write);
  };
  Doors x;
  x.external_ips = {"192.0.2.1"};
  Doors y;
  y.external_ips = {"192.0.2.2"};
  CHECK(patch(x) == "unknown, patched: ip=192.0.2.1");
  CHECK(patch(y) == "open, patched: ip=192.0.2.2");
  CHECK(patch(x) == "open, patched: ip=192.0.2.1");
  const auto port = [](std::uint32_t number, std::uint32_t of) {
    Doors doors;
    doors.node_ports = {{number, "", of, "", "TCP"}};
    return doors;
  };
  CHECK(patch(port(30001, 80)) == "open, patched: 30001/TCP");
  CHECK(patch(port(30002, 80)) == "open, patched: 30002/TCP");
  CHECK(patch(port(30001, 80)) == "open, patched: 30001/TCP");
}

TEST_CASE("twenty patches of 4,000 addresses leave a record of 4,000") {
  Bench bench(true);
  ServiceWrite patch = write_of("", {}, 2, Change::patched);
  patch.extent = Extent::partial;
  patch.exposure.type = std::nullopt;
  for (int round = 0; round < 20; ++round) {
    patch.exposure.doors.external_ips.clear();
    for (int i = 0; i < 4'000; ++i) {
      patch.exposure.doors.external_ips.push_back(std::to_string(round) + "-" + std::to_string(i));
    }
    bench.settle(patch);
    REQUIRE(bench.shelf.services.at("prod/web/shop").external_ips.size() == 4'000);
  }
}

TEST_CASE("a Service with more doors than are kept is unknown, so that they are told again") {
  Bench bench(GENERATE(true, false));
  Doors many;
  for (int i = 0; i < 4'097; ++i) many.external_ips.push_back(std::to_string(i));
  bench.settle(write_of("u", many, 1));
  Doors one;
  one.external_ips = {"7"};
  CHECK(bench.settle(write_of("u", one, 2)) == "unknown, updated: ip=7");
}

TEST_CASE("a port whose number the log did not tell is known by the Service's port") {
  Bench bench(GENERATE(true, false));
  Doors untold;
  untold.node_ports = {{std::nullopt, "", 1000, "", "TCP"}};
  CHECK(bench.settle(write_of("u", untold, 1)) == "unknown, updated: ?/TCP");
  CHECK(bench.settle(write_of("u", ports({31000}), 2)) == "open, touched:");
  CHECK(bench.settle(write_of("u", untold, 3)) == "open, touched:");
  // A port that names no protocol is one of TCP.
  untold.node_ports[0].protocol = "";
  CHECK(bench.settle(write_of("u", untold, 4)) == "open, touched:");
}

TEST_CASE("a patch that names the type alone opens what is not open yet") {
  Bench bench(GENERATE(true, false));
  ServiceWrite patch = write_of("", {}, 1, Change::patched);
  patch.extent = Extent::partial;
  patch.exposure.type = "NodePort";
  patch.exposure.doors.node_ports = {{}};
  CHECK(bench.settle(patch) == "unknown, patched: ?/");
  CHECK(bench.settle(patch) == "open, touched:");
  // What is told of it later is news once.
  CHECK(bench.settle(write_of("u", ports({31000}), 2)) == "open, updated: 31000/TCP");
  CHECK(bench.settle(write_of("u", ports({31000, 31001}), 3)) == "open, updated: 31001/TCP");
  CHECK(bench.settle(patch) == "open, touched:");
  CHECK(bench.settle(write_of("u", ports({31000, 31001}), 4)) == "open, touched:");
}

TEST_CASE("since when and by whom something is open survives later writes") {
  Bench bench(true);
  bench.settle(write_of("u", ports({31000}), 1, Change::created));
  bench.settle(write_of("u", ports({31000, 31001}), 2));
  bench.settle(write_of("u", ports({31000, 31001}), 3));
  const KnownService& service = bench.shelf.services.at("prod/web/shop");
  REQUIRE(service.node_ports.size() == 2);
  CHECK(service.node_ports[0].since == at(1));
  CHECK(service.node_ports[0].by == "user-1");
  CHECK(service.node_ports[1].since == at(2));
  CHECK(service.node_ports[1].by == "user-2");
  CHECK(service.updated == at(3));
  CHECK(service.uid == "u");
}

TEST_CASE("an auditID is reused when other content bears it, not when it is repeated") {
  Bench bench(GENERATE(true, false));
  const auto reused = [&](std::uint64_t key, std::uint64_t content, int minute) {
    ServiceWrite write = write_of("u", {}, minute);
    write.audit_key = key;
    write.content = content;
    bench.history.settle(write);
    if (bench.commits) bench.shelf.commit(bench.history);
    return write.exposure.audit_id_reused;
  };
  CHECK_FALSE(reused(1, 10, 0));
  CHECK_FALSE(reused(1, 10, 1));
  CHECK_FALSE(reused(2, 11, 1));
  CHECK(reused(1, 11, 2));
  CHECK(reused(1, 10, 2 + 24 * 60));
  CHECK_FALSE(reused(1, 11, 3 + 48 * 60));
  CHECK_FALSE(reused(0, 12, 0));  // no auditID
  CHECK_FALSE(reused(0, 13, 0));
}

TEST_CASE("an auditID is forgotten after 100,000 writes") {
  Bench bench(false);
  const auto reused = [&](std::uint64_t key, std::uint64_t content) {
    ServiceWrite write;
    write.audit_key = key;
    write.content = content;
    bench.history.settle(write);
    return write.exposure.audit_id_reused;
  };
  CHECK_FALSE(reused(1, 1));
  CHECK_FALSE(reused(2, 1));
  for (std::uint64_t i = 0; i < 99'998; ++i) (void)reused(1'000 + i, 1);
  CHECK(reused(1, 2));
  CHECK(reused(2, 2));
  for (std::uint64_t i = 0; i < 99'999; ++i) (void)reused(200'000 + i, 1);
  CHECK_FALSE(reused(1, 3));
}

TEST_CASE("a thousand writes that change nothing ask the state once and are one change of it") {
  Bench bench(false);
  for (int i = 0; i < 1'000; ++i) bench.settle(write_of("u", ports({31000}), 1));
  Changes changes;
  bench.history.take_changes(changes);
  CHECK(bench.shelf.lookups == 1);
  CHECK(changes.services.size() == 1);
  for (int i = 0; i < 1'000; ++i) bench.settle(write_of("u", ports({31000}), 1));
  CHECK_FALSE(bench.history.has_changes());
  CHECK(bench.shelf.lookups == 1);
}

TEST_CASE("Services beyond what memory holds come from the state again, and none is mistaken") {
  Bench bench(true);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5'000; ++i) {
      ServiceWrite write = write_of("u", ports({31000}), 1 + round);
      write.exposure.name = "shop-" + std::to_string(i);
      REQUIRE(bench.settle(write) ==
              (round == 0 ? "unknown, updated: 31000/TCP" : "open, touched:"));
    }
  }
  CHECK(bench.shelf.lookups > 5'000);
}

TEST_CASE("a history that begins anew knows the auditIDs of the one before it") {
  Bench bench(true);
  ServiceWrite write = write_of("u", ports({31000}), 1);
  write.audit_key = 7;
  write.content = 1;
  bench.settle(write);
  ExposureHistory next("prod", bench.shelf);
  next.restore(1);
  write.content = 2;
  next.settle(write);
  CHECK(write.exposure.audit_id_reused);
  Changes changes;
  next.take_changes(changes);
  REQUIRE(changes.audit_ids.size() == 1);
  CHECK(changes.audit_ids[0].sequence == 2);
}

}  // namespace nodeportd
