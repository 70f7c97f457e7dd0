#include "sink/route.hpp"

#include <catch2/catch.hpp>

using namespace nodeportd;

namespace {

using Sinks = std::vector<std::string>;

Alert alert_of(Level level, Phase phase) {
  Alert alert;
  alert.rule_id = "d7fc865e-b8a1-4029-a960-cf4403b821b6";
  alert.rule_name = "Kubernetes Node Port Creation";
  alert.tags = {"attack.t1204"};
  alert.level = level;
  alert.phase = phase;
  return alert;
}

Route to(const std::string& sink) {
  Route route;
  route.sink = sink;
  return route;
}

}  // namespace

TEST_CASE("a route without conditions takes every alert") {
  CHECK(route(alert_of(Level::informational, Phase::update), {to("a"), to("b")}) ==
        Sinks{"a", "b"});
  CHECK(route(alert_of(Level::critical, Phase::first), {}).empty());
}

TEST_CASE("a route takes its least level and what is above") {
  Route high = to("pager");
  high.min_level = Level::high;
  CHECK(route(alert_of(Level::medium, Phase::first), {high}).empty());
  CHECK(route(alert_of(Level::high, Phase::first), {high}) == Sinks{"pager"});
  CHECK(route(alert_of(Level::critical, Phase::first), {high}) == Sinks{"pager"});
}

TEST_CASE("a route names rules by id, by title or by a tag, whole") {
  const auto [rule, taken] = GENERATE(table<std::string, bool>({
      {"d7fc865e-b8a1-4029-a960-cf4403b821b6", true},
      {"Kubernetes Node Port Creation", true},
      {"attack.t1204", true},
      {"attack.t12", false},
      {"Kubernetes", false},
      {"", false},
  }));
  Route some = to("a");
  some.rules = {"another", rule};
  CHECK(route(alert_of(Level::medium, Phase::first), {some}).empty() != taken);
}

TEST_CASE("a route takes the phases that it lists") {
  Route ends = to("a");
  ends.phases = {Phase::first, Phase::final};
  CHECK(route(alert_of(Level::medium, Phase::first), {ends}) == Sinks{"a"});
  CHECK(route(alert_of(Level::medium, Phase::update), {ends}).empty());
  CHECK(route(alert_of(Level::medium, Phase::final), {ends}) == Sinks{"a"});
}

TEST_CASE("two routes to one sink deliver once") {
  CHECK(route(alert_of(Level::medium, Phase::first), {to("a"), to("b"), to("a")}) ==
        Sinks{"a", "b"});
}
