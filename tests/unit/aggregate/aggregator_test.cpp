#include "aggregate/aggregator.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "aggregate/notice_alert.hpp"

namespace nodeportd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Origin kOrigin{"prod", "cp-1", "epoch"};
constexpr WallTime kNoon{hours(12)};
constexpr MonoTime kStart{};

std::vector<Rule> catalog() {
  Rule rule;
  rule.id = "d7fc865e-b8a1-4029-a960-cf4403b821b6";
  rule.name = "Ports";
  rule.aggregate.group_by = {{"user", "user.username"}};
  return {rule};
}

// Keeps every window it was ever given, as the state does.
class Shelf final : public WindowShelf {
 public:
  std::optional<Window> find(const std::string& alert_id) override {
    ++asked;
    const auto found = windows.find(alert_id);
    if (found == windows.end()) return std::nullopt;
    return found->second;
  }
  void keep(const Changes& changes) {
    for (const Window& window : changes.windows) windows[window.alert.id] = window;
  }
  std::map<std::string, Window> windows;
  int asked = 0;
};

Match match_by(const std::string& user, WallTime time, std::uint64_t novelty = 1) {
  Match match;
  match.groups = {{user}};
  match.event.time = time;
  match.event.audit_id = user + std::to_string(time.time_since_epoch().count());
  match.novelty = {novelty};
  return match;
}

struct Bench {
  explicit Bench(AggregateOptions options = {})
      : aggregator(kOrigin, options, rules, {"ingress"}, shelf) {}

  // One batch of a stream that has more to come; then what is told of it.
  std::vector<Alert> feed(std::vector<Match> matches, bool at_end = false) {
    Batch batch;
    batch.end.stream = "audit.log";
    batch.at_end = at_end;
    batch.matches = std::move(matches);
    aggregator.add(batch, wall, now);
    return settle();
  }
  std::vector<Alert> settle() {
    std::vector<Alert> told;
    do {
      aggregator.advance(wall, now);
      const Changes changes = aggregator.take_changes();
      shelf.keep(changes);
      for (const Outgoing& outgoing : changes.outgoing) told.push_back(outgoing.alert);
      for (const auto& [name, count] : changes.suppressions) suppressed[name] += count;
    } while (aggregator.has_news());
    return told;
  }

  std::vector<Rule> rules = catalog();
  Shelf shelf;
  Aggregator aggregator;
  WallTime wall = kNoon + hours(4);
  MonoTime now = kStart;
  std::map<std::string, std::uint64_t> suppressed;
};

}  // namespace

TEST_CASE("the first match of a tuple alerts at once, the next waits for the schedule") {
  Bench bench;
  const auto first = bench.feed({match_by("alice", kNoon)});
  REQUIRE(first.size() == 1);
  CHECK(first[0].phase == Phase::first);
  CHECK(first[0].revision == 1);
  CHECK(first[0].count == 1);
  CHECK(bench.feed({match_by("alice", kNoon + seconds(1))}).empty());
  CHECK(bench.aggregator.next_deadline(bench.wall, bench.now) == kStart + minutes(5));

  bench.now += minutes(5);
  const auto update = bench.settle();
  REQUIRE(update.size() == 1);
  CHECK(update[0].phase == Phase::update);
  CHECK(update[0].revision == 2);
  CHECK(update[0].count == 2);
  bench.now += minutes(5);
  CHECK(bench.settle().empty());
}

TEST_CASE("a later match that brings something new is told at once") {
  Bench bench;
  bench.feed({match_by("alice", kNoon, 1)});
  const auto fresh = bench.feed({match_by("alice", kNoon + seconds(1), 2)});
  REQUIRE(fresh.size() == 1);
  CHECK(fresh[0].phase == Phase::update);
  CHECK(fresh[0].count == 2);
}

TEST_CASE("a window closes when the watermark has passed its end by the lateness") {
  Bench bench;
  bench.feed({match_by("alice", kNoon), match_by("alice", kNoon + seconds(1))});
  const WallTime due = kNoon + hours(1) + minutes(5);
  CHECK(bench.feed({match_by("bob", due - Micros(1))}).size() == 1);
  const auto told = bench.feed({match_by("bob", due)});
  REQUIRE(told.size() == 1);
  CHECK(told[0].user == "alice");
  CHECK(told[0].phase == Phase::final);
  CHECK(told[0].count == 2);
  CHECK(bench.aggregator.open_windows() == 1);
}

TEST_CASE("a window closes by the wall clock once every stream is idle, and only then") {
  Bench bench;
  bench.wall = kNoon;
  bench.feed({match_by("alice", kNoon)}, true);
  bench.wall = kNoon + hours(2);
  CHECK(bench.settle().empty());
  CHECK(bench.aggregator.next_deadline(bench.wall, bench.now) == kStart + seconds(30));
  bench.now += seconds(30);
  const auto told = bench.settle();
  REQUIRE(told.size() == 1);
  CHECK(told[0].phase == Phase::final);
}

TEST_CASE("the deadline of a quiet log is the end of its oldest window plus the lateness") {
  Bench bench;
  bench.wall = kNoon;
  bench.feed({match_by("alice", kNoon)}, true);
  bench.now += seconds(30);
  bench.settle();
  CHECK(bench.aggregator.next_deadline(bench.wall, bench.now) == bench.now + hours(1) + minutes(5));
}

TEST_CASE("a window that ends further off than a clock can count is waited for in parts") {
  Bench bench;
  bench.feed({match_by("mallory", std::chrono::sys_days(std::chrono::year(9999) / 12 / 31))}, true);
  bench.now += seconds(30);
  CHECK(bench.settle().empty());
  CHECK(bench.aggregator.next_deadline(bench.wall, bench.now) == bench.now + hours(24));
}

TEST_CASE("a watermark from before the clock was set back closes nothing ahead of time") {
  Bench bench;
  bench.aggregator.restore({}, {{"audit.log", bench.wall + hours(24 * 365)}}, std::nullopt);
  const auto told = bench.feed({match_by("alice", bench.wall)});
  REQUIRE(told.size() == 1);
  CHECK(told[0].phase == Phase::first);
  CHECK(bench.aggregator.open_windows() == 1);
}

TEST_CASE("a match for a closed window reopens it with all its figures") {
  Bench bench;
  bench.feed({match_by("alice", kNoon), match_by("alice", kNoon + seconds(1))});
  bench.feed({match_by("bob", kNoon + hours(3))});
  REQUIRE(bench.aggregator.open_windows() == 1);
  const auto late = bench.feed({match_by("alice", kNoon + seconds(2))});
  REQUIRE(late.size() == 1);
  CHECK(late[0].phase == Phase::final);
  CHECK(late[0].count == 3);
  CHECK(late[0].revision == 3);
}

TEST_CASE("a first revision is told even when its window is over, the final one after it") {
  Bench bench;
  bench.feed({match_by("bob", kNoon + hours(3))});
  const auto late = bench.feed({match_by("alice", kNoon)});
  REQUIRE(late.size() == 2);
  CHECK(late[0].phase == Phase::first);
  CHECK(late[1].phase == Phase::final);
  CHECK(late[1].revision == 2);
}

TEST_CASE("an event far in the future alerts, moves no watermark and is said once") {
  Bench bench;
  bench.feed({match_by("alice", kNoon)});
  const auto told = bench.feed(
      {match_by("mallory", kNoon + hours(24 * 365)), match_by("mallory", kNoon + hours(48))});
  CHECK(told.size() == 2);
  for (const Alert& alert : told) CHECK(alert.phase == Phase::first);
  const auto notices = bench.aggregator.take_notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].rule == "clock.ahead");
  CHECK(notice_alert(kOrigin, notices[0], kNoon).message == notices[0].text);
}

TEST_CASE("a line that tells no time is dated by what its log told before it") {
  Bench bench;
  bench.wall = kNoon + std::chrono::hours(6);
  const auto start_of = [&](std::vector<Match> matches) {
    const std::vector<Alert> told = bench.feed(std::move(matches));
    REQUIRE(told.size() == 1);
    CHECK(told[0].first_time == told[0].last_time);
    return told[0].first_time;
  };
  CHECK(start_of({match_by("cut", WallTime(), 1)}) == WallTime());  // nothing was told yet
  bench.feed({match_by("alice", kNoon)});
  CHECK(start_of({match_by("cut", WallTime(), 2)}) == kNoon);
  bench.feed({match_by("alice", kNoon + std::chrono::hours(5))});
  bench.feed({match_by("bob", kNoon)});  // late
  CHECK(start_of({match_by("cut", WallTime(), 3)}) == kNoon + std::chrono::hours(5));
  Batch other;
  other.end.stream = "other.log";
  other.matches = {match_by("cut", WallTime(), 4)};
  bench.aggregator.add(other, bench.wall, bench.now);
  CHECK(other.matches[0].event.time == WallTime());
}

TEST_CASE("a log that brings lines is not silent, though each is read at once") {
  Bench bench;
  Batch batch;
  batch.end.stream = "audit.log";
  batch.at_end = true;
  batch.matches = {match_by("alice", kNoon)};
  batch.records.resize(1);
  const auto watermark_after = [&](seconds pause) {
    bench.now += pause;
    return bench.aggregator.watermark(bench.now);
  };
  Batch later;
  later.end.stream = "other.log";
  later.matches = {match_by("alice", kNoon + std::chrono::hours(1))};
  bench.aggregator.add(later, bench.wall, bench.now);  // and has more to come
  bench.aggregator.add(batch, bench.wall, bench.now);
  CHECK(watermark_after(seconds(20)) == kNoon);
  batch.matches.clear();
  bench.aggregator.add(batch, bench.wall, bench.now);
  CHECK(watermark_after(seconds(20)) == kNoon);
  batch.records.clear();  // a mark alone
  bench.aggregator.add(batch, bench.wall, bench.now);
  CHECK(watermark_after(seconds(10)) == kNoon + std::chrono::hours(1));
}

TEST_CASE("after a reload rules and exceptions are read by their new numbers, open windows go on") {
  Bench bench;
  Match excepted = match_by("bob", kNoon);
  excepted.exception = 0;
  bench.feed({match_by("alice", kNoon)});
  Batch batch;
  batch.matches = {excepted};
  bench.aggregator.add(batch, bench.wall, bench.now);  // counted, not taken yet

  std::vector<Rule> fewer = bench.rules;
  fewer.front().name = "renamed";
  bench.aggregator.use(fewer, {"another"});
  bench.feed({excepted, match_by("alice", kNoon + seconds(1))});
  CHECK(bench.suppressed == std::map<std::string, std::uint64_t>{{"another", 1}, {"ingress", 1}});
  const auto other = bench.feed({match_by("carol", kNoon)});
  REQUIRE(other.size() == 1);
  CHECK(other[0].rule_name == "renamed");
  bench.now += minutes(5);
  const auto update = bench.settle();
  REQUIRE(update.size() == 1);
  CHECK(update[0].count == 2);
  CHECK(update[0].rule_name != "renamed");
}

TEST_CASE("a suppressed match is counted for its exception and alerts nowhere") {
  Bench bench;
  Match match = match_by("ctl", kNoon);
  match.exception = 0;
  CHECK(bench.feed({match, match}).empty());
  CHECK(bench.suppressed.at("ingress") == 2);
  CHECK(bench.aggregator.open_windows() == 0);
}

TEST_CASE("at the bound the oldest window closes early, says so, and goes on when it matches") {
  AggregateOptions options;
  options.max_keys = 2;
  Bench bench(options);
  bench.feed({match_by("a", kNoon)});
  const auto told = bench.feed({match_by("b", kNoon + hours(1)), match_by("c", kNoon + hours(1))});
  REQUIRE(told.size() == 3);
  const Alert& early = told[0].user == "a" ? told[0] : told[2];
  CHECK(early.user == "a");
  CHECK(early.phase == Phase::final);
  CHECK(early.closed_early);
  CHECK(bench.aggregator.open_windows() == 2);
  CHECK(bench.aggregator.take_notices().at(0).rule == "aggregate.keys_bounded");

  bench.feed({match_by("a", kNoon + seconds(1))});
  const std::string id = early.id;
  CHECK(bench.shelf.windows.at(id).alert.count == 2);
}

TEST_CASE("windows that take too much memory close early, the oldest first, until they fit") {
  AggregateOptions options;
  options.max_bytes = 64UL * 1024;
  Bench bench(options);
  for (int i = 0; i < 100; ++i) {
    bench.feed({match_by("user-" + std::to_string(i) + std::string(2'000, 'x'), kNoon)});
  }
  const std::size_t open = bench.aggregator.open_windows();
  CHECK(open > 1);
  CHECK(open * 2'000 < options.max_bytes);
  CHECK(bench.aggregator.take_notices().at(0).rule == "aggregate.keys_bounded");
  // One that alone is too large stays.
  bench.feed({match_by(std::string(100'000, 'x'), kNoon)});
  CHECK(bench.aggregator.open_windows() == 1);
}

TEST_CASE("a new tuple asks the shelf only when its window may lie there") {
  Bench bench;
  bench.feed({match_by("a", kNoon), match_by("b", kNoon)});
  CHECK(bench.shelf.asked == 0);
  bench.feed({match_by("c", kNoon + hours(3))});
  bench.feed({match_by("d", kNoon)});
  CHECK(bench.shelf.asked == 1);
}

TEST_CASE("final figures are equal under any order, batching and restart") {
  std::mt19937 random(11);
  std::vector<Match> matches;
  for (int i = 0; i < 600; ++i) {
    const std::string user = "user-" + std::to_string(random() % 9);
    matches.push_back(match_by(user, kNoon + minutes(random() % 400), random() % 3));
  }
  std::map<std::string, std::uint64_t> expected;
  for (int round = 0; round < 8; ++round) {
    AggregateOptions options;
    options.max_keys = round % 2 == 0 ? 100'000 : 3;
    Shelf shelf;
    const std::vector<Rule> rules = catalog();
    auto aggregator =
        std::make_unique<Aggregator>(kOrigin, options, rules, std::vector<std::string>{}, shelf);
    for (std::size_t i = 0; i < matches.size();) {
      Batch batch;
      batch.end.stream = "audit.log";
      for (std::size_t n = 1 + random() % 20; n > 0 && i < matches.size(); --n, ++i) {
        batch.matches.push_back(matches[i]);
      }
      aggregator->add(batch, std::nullopt, kStart);
      aggregator->advance(std::nullopt, kStart);
      shelf.keep(aggregator->take_changes());
      if (random() % 10 != 0) continue;
      std::vector<Window> open;  // a crash: what was committed is all there is
      std::optional<WallTime> shelved;
      for (const auto& [id, window] : shelf.windows) {
        if (!window.closed) open.push_back(window);
        if (window.closed)
          shelved = std::max(shelved.value_or(WallTime()), window.alert.window_end);
      }
      aggregator =
          std::make_unique<Aggregator>(kOrigin, options, rules, std::vector<std::string>{}, shelf);
      aggregator->restore(std::move(open), {}, shelved);
    }
    std::map<std::string, std::uint64_t> counts;
    for (const auto& [id, window] : shelf.windows) counts[id] = window.alert.count;
    if (round == 0) expected = counts;
    CHECK(counts == expected);
    std::shuffle(matches.begin(), matches.end(), random);
  }
  std::uint64_t total = 0;
  for (const auto& [id, count] : expected) total += count;
  CHECK(total == 600);
}

}  // namespace nodeportd
