#include "daemon/report/overview.hpp"

#include <catch2/catch.hpp>

#include "model/rule.hpp"

namespace nodeportd {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNoon{std::chrono::days(20'000) + 12h};

Exposure exposure_of(const std::string& audit_id) {
  Exposure exposure;
  exposure.audit_id = audit_id;
  exposure.ns = "shop";
  exposure.name = "web";
  exposure.outcome = Exposure::Outcome::succeeded;
  return exposure;
}

Alert alert_of(const std::string& rule, std::vector<Exposure> exposures) {
  Alert alert;
  alert.id = "id of " + rule;
  alert.rule_id = alert.rule_name = rule;
  alert.first_time = kNoon - 1h;
  alert.last_time = kNoon;
  alert.count = exposures.size();
  alert.exposures = std::move(exposures);
  return alert;
}

Overview overview_of(const std::vector<Alert>& alerts) {
  OverviewBuilder builder;
  for (const Alert& alert : alerts) builder.add(alert, kNoon + 1h);
  Overview overview;
  builder.finish(overview);
  return overview;
}

}  // namespace

TEST_CASE("a write that several rules tell of is one, at the highest level and with its own time") {
  Alert low = alert_of("low", {exposure_of("a"), exposure_of("b")});
  low.level = Level::low;
  low.events = {{"a", kNoon - 5min, "ResponseComplete", "", 0}};
  Alert high = alert_of("high", {exposure_of("a")});
  high.level = Level::high;
  const Overview overview = overview_of({low, high});
  REQUIRE(overview.writes.size() == 2);
  CHECK(overview.writes[0].exposure.audit_id == "b");
  CHECK(overview.writes[0].time == kNoon);
  CHECK_FALSE(overview.writes[0].is_time_exact);
  const Overview::Write& both = overview.writes[1];
  CHECK(both.time == kNoon - 5min);
  CHECK(both.level == Level::high);
  CHECK(both.rules == std::vector<std::string>{"low", "high"});
}

TEST_CASE("an auditID that is used for another write hides none") {
  Exposure other = exposure_of("a");
  other.name = "db";
  CHECK(overview_of({alert_of("rule", {exposure_of("a"), other})}).writes.size() == 2);
}

TEST_CASE("alerts are open until their last revision, and blind spots are the daemon's own") {
  Alert open = alert_of("rule", {});
  Alert closed = open;
  closed.phase = Phase::final;
  Alert line = open;
  line.rule_id = builtin::line_uninspectable().id;
  line.tags = builtin::line_uninspectable().tags;
  line.last_time = WallTime();
  Alert started = open;
  started.rule_id = builtin::find("daemon.started")->id;
  started.tags = builtin::find("daemon.started")->tags;
  Alert lost = started;
  lost.rule_id = builtin::find("source.lines_lost")->id;
  const Overview overview = overview_of({open, closed, line, started, lost});
  CHECK(overview.open.size() == 1);
  REQUIRE(overview.blind_spots.size() == 2);
  CHECK(overview.blind_spots[0].last_time == kNoon + 1h);  // a torn line tells no time
}

TEST_CASE("what is shown is bounded, and says so") {
  std::vector<Alert> alerts;
  for (int i = 0; i < 1'001; ++i) {
    alerts.push_back(alert_of(std::to_string(i), {exposure_of(std::to_string(i))}));
  }
  const Overview overview = overview_of(alerts);
  CHECK(overview.writes.size() == 1'000);
  CHECK(overview.open.size() == 100);
  CHECK(overview.is_cut);
}

TEST_CASE("of more writes than are shown the newest are") {
  OverviewBuilder builder;
  for (int i = 0; i < 5'000; ++i) {
    Alert alert = alert_of("rule", {exposure_of(std::to_string(i))});
    alert.last_time = kNoon + std::chrono::seconds(i * 7 % 5'000);
    builder.add(alert, kNoon);
  }
  Overview overview;
  builder.finish(overview);
  REQUIRE(overview.writes.size() == 1'000);
  CHECK(overview.writes.front().time == kNoon + 4'999s);
  CHECK(overview.writes.back().time == kNoon + 4'000s);
  CHECK(overview.is_cut);
}

TEST_CASE("events that an alert does not keep are counted") {
  Alert many = alert_of("many", std::vector<Exposure>(32, exposure_of("a")));
  many.count = 40;
  CHECK(overview_of({many}).unlisted == 8);
}

TEST_CASE("of a thousand alerts of thousands of addresses a few megabytes are held") {
  Alert alert = alert_of("rule", {exposure_of("")});
  alert.message = alert.exposures[0].actor = std::string(100'000, 'W');
  alert.facts = {{"path", std::string(100'000, 'p')}};
  Doors& doors = alert.exposures[0].doors;
  doors.external_ips = std::vector<std::string>(4'090, "2001:db8:1234:5678:9abc:def0:1000:1000");
  doors.node_ports = std::vector<NodePort>(4'090);
  alert.exposures[0].opened = doors;
  OverviewBuilder builder;
  for (int i = 0; i < 1'000; ++i) {
    alert.exposures[0].audit_id = std::to_string(i);
    builder.add(alert, kNoon);
  }
  Overview overview;
  builder.finish(overview);
  REQUIRE(overview.writes.size() == 1'000);
  std::size_t held = 0;
  for (const Overview::Write& write : overview.writes) {
    const Exposure& exposure = write.exposure;
    CHECK(write.doors == 8'180);
    held += exposure.actor.capacity() +
            exposure.doors.external_ips.capacity() * (sizeof(std::string) + 40) +
            exposure.opened.external_ips.capacity() * (sizeof(std::string) + 40) +
            (exposure.doors.node_ports.capacity() + exposure.opened.node_ports.capacity()) *
                sizeof(NodePort);
  }
  for (const Overview::Told& told : overview.open) {
    held += told.message.capacity() + told.facts[0].second.capacity();
  }
  CHECK(held < 8U << 20U);
}

TEST_CASE("a stranger's text is cut and made printable") {
  Exposure hostile = exposure_of("a");
  hostile.name =
      "\xE2\x80\xAE"
      "gnp.exe\xFF\x1b[2J";
  hostile.actor = std::string(1'000'000, 'W');
  hostile.doors.external_ips = std::vector<std::string>(1'000, std::string(1'000, 'x'));
  hostile.doors.node_ports = std::vector<NodePort>(1'000);
  const std::string json = to_json(overview_of({alert_of("rule", {hostile})}));
  CHECK(json.size() < 10'000);
  CHECK(json.find(R"(\\u{202e}gnp.exe\\xff\\x1b[2J)") != std::string::npos);
  CHECK(json.find(R"("doors":2000)") != std::string::npos);
  CHECK(json.find('\xE2') == json.find("\xE2\x80\xA6"));  // only what says that it was cut
}

}  // namespace nodeportd
