#include "daemon/report/probes.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/report/admin_routes.hpp"

namespace nodeportd {
namespace {

using std::chrono::seconds;

const MonoTime kStart{seconds(1'000)};

Lookout::Sight sight_of(bool waiting, bool missing) {
  Lookout::Sight sight;
  StreamStatus& stream = sight.streams.emplace_back();
  stream.path = "/a.log";
  stream.waiting = waiting;
  stream.missing = missing;
  return sight;
}

std::string failing(const std::vector<ProbeCheck>& checks) {
  std::string names;
  for (const ProbeCheck& check : checks) {
    if (!check.reason.empty()) names += (names.empty() ? "" : " ") + check.check;
  }
  return names;
}

}  // namespace

TEST_CASE("ready is who reads every log, can remember and has rules") {
  LedgerStatus well;
  CHECK(failing(readiness_checks(sight_of(false, false), well, 5)).empty());
  CHECK(failing(readiness_checks(sight_of(true, false), well, 5)) == "source");
  CHECK(failing(readiness_checks(sight_of(false, true), well, 5)) == "source");
  Lookout::Sight nothing;
  nothing.patterns = {"/var/log/*/audit.log"};
  CHECK(failing(readiness_checks(nothing, well, 5)) == "source");
  LedgerStatus ill;
  ill.durable = false;
  ill.paused = true;
  CHECK(failing(readiness_checks(sight_of(false, false), ill, 0)) == "state reading rules");
}

TEST_CASE("a state whose disk stands is not ready, one whose disk is slow is") {
  Lookout::Sight sight = sight_of(false, false);
  sight.mono = kStart;
  LedgerStatus writing;
  writing.writing_since = kStart - seconds(4);
  CHECK(failing(readiness_checks(sight, writing, 5)).empty());
  writing.writing_since = kStart - seconds(70);
  CHECK(readiness_checks(sight, writing, 5)[1].reason == "a write has not ended for 1m10s");
}

TEST_CASE("a check that fails counts when it has failed for its grace without a break") {
  Grace grace(seconds(30));
  const auto settle = [&](const char* reason, int at) {
    return failing(grace.settle({{"state", "", reason}}, kStart + seconds(at)));
  };
  CHECK(settle("full", 0).empty());
  CHECK(settle("full", 29).empty());
  CHECK(settle("full", 30) == "state");
  CHECK(settle("", 31).empty());
  CHECK(settle("full", 32).empty());
  CHECK(settle("full", 61).empty());
  CHECK(settle("full", 62) == "state");
}

TEST_CASE("logs have their grace each on its own") {
  Grace grace(seconds(10));
  CHECK(holds(grace.settle({{"source", "/a", "gone"}, {"source", "/b", ""}}, kStart)));
  const auto checks =
      grace.settle({{"source", "/a", "gone"}, {"source", "/b", "gone"}}, kStart + seconds(10));
  CHECK_FALSE(checks[0].reason.empty());
  CHECK(checks[1].reason.empty());
}

TEST_CASE("the answer says what does not hold first, and why") {
  CHECK(to_json("ready", {{"rules", "", ""}, {"source", "/\"\xff", "gone"}}) ==
        "{\"ready\":false,\"reasons\":[{\"check\":\"source\",\"path\":\"/\\\"\xEF\xBF\xBD\","
        "\"ok\":false,\"reason\":\"gone\"},{\"check\":\"rules\",\"ok\":true}]}\n");
  CHECK(to_json("healthy", {}) == "{\"healthy\":true,\"reasons\":[]}\n");
  CHECK(to_json("ready", std::vector<ProbeCheck>(5'000, {"source", "/a", ""})).size() < 10'000);
}

TEST_CASE("a thread that does not answer is stuck since it was asked, others are asked again") {
  Waker waker;
  Pulse quick;
  Pulse frozen;
  PulseWatch watch({{"quick", &quick, &waker}, {"frozen", &frozen, &waker}});
  CHECK(watch.look(kStart, seconds(1)).empty());  // asked for the first time
  quick.answer();
  const auto stuck = watch.look(kStart + seconds(5), seconds(1));
  REQUIRE(stuck.size() == 1);
  CHECK(stuck[0].thread == "frozen");
  CHECK(stuck[0].since == kStart);
  CHECK_FALSE(quick.is_answered(kStart));  // asked anew
  quick.answer();
  frozen.answer();
  CHECK(watch.look(kStart + seconds(6), seconds(1)).empty());
}

TEST_CASE("a thread is woken for a question, and not again before its rest is over") {
  Waker waker;
  Pulse pulse;
  PulseWatch watch({{"idle", &pulse, &waker}});
  const auto is_woken_at = [&](int second) {
    waker.prepare();
    CHECK(watch.look(kStart + seconds(second), seconds(30)).empty());
    pulse.answer();
    waker.cancel();
    std::uint64_t count = 0;
    return ::read(waker.fd(), &count, sizeof count) > 0;
  };
  CHECK(is_woken_at(0));
  CHECK_FALSE(is_woken_at(10));
  CHECK_FALSE(is_woken_at(29));
  CHECK(is_woken_at(30));
}

TEST_CASE("lines stand still when batches are on their way and none arrives") {
  FlowWatch flow;
  LedgerStatus ledger;
  ledger.batches = 7;
  CHECK_FALSE(flow.look(9, ledger, kStart));
  CHECK(flow.look(9, ledger, kStart + seconds(1)) == kStart);
  CHECK(flow.look(9, ledger, kStart + seconds(20)) == kStart);
  ledger.batches = 8;  // it moves
  CHECK_FALSE(flow.look(9, ledger, kStart + seconds(21)));
  CHECK(flow.look(9, ledger, kStart + seconds(22)) == kStart + seconds(21));
  ledger.paused = true;  // for lack of room, which no restart makes
  CHECK_FALSE(flow.look(9, ledger, kStart + seconds(23)));
}

TEST_CASE("a line that came just before a look does not stand since the look before") {
  FlowWatch flow;
  LedgerStatus ledger;
  ledger.batches = 7;
  CHECK_FALSE(flow.look(7, ledger, kStart));
  CHECK_FALSE(flow.look(8, ledger, kStart + seconds(600)));
  CHECK(flow.look(8, ledger, kStart + seconds(610)) == kStart + seconds(600));
}

TEST_CASE("who is healthy says nothing, who is not says which thread, after the grace") {
  const std::vector<PulseWatch::Stuck> stuck = {{"source", kStart}};
  CHECK(holds(health_checks(stuck, std::nullopt, seconds(30), kStart + seconds(29))));
  const auto checks = health_checks(stuck, kStart, seconds(30), kStart + seconds(30));
  REQUIRE(checks.size() == 2);
  CHECK(checks[0].check == "thread source");
  CHECK(checks[0].reason == "has not moved for 30s");
  CHECK(checks[1].check == "lines");
}

TEST_CASE("a path without a page is not found, and a query chooses no other page") {
  AdminRoutes routes;
  routes.add("/metrics", [] { return AdminAnswer{.body = "up 1\n"}; });
  CHECK(routes.answer("/metrics").body == "up 1\n");
  CHECK(routes.answer("/metrics?name[]=up").status == 200);
  CHECK(routes.answer("/metrics/").status == 404);
  CHECK(routes.answer("").status == 404);
}

}  // namespace nodeportd
