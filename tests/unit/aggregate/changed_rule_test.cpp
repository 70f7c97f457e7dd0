// What becomes of windows whose rule was changed, by a reload or before a restart.

#include <catch2/catch.hpp>
#include <map>

#include "aggregate/aggregator.hpp"

namespace nodeportd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr WallTime kNine{hours(9)};
constexpr MonoTime kNow{};

std::vector<Rule> ports(minutes window, const std::vector<std::string>& values = {}) {
  Rule rule;
  rule.id = "d7fc865e-b8a1-4029-a960-cf4403b821b6";
  rule.name = "Ports";
  rule.aggregate.window = window;
  rule.aggregate.group_by = {{"user", "user.username"}};
  for (const std::string& name : values) rule.aggregate.values.push_back({name, name});
  return {rule};
}

Match creation(const std::string& user, WallTime time, std::uint64_t novelty,
               std::vector<std::vector<std::string>> values = {}) {
  Match match;
  match.groups = {{user}};
  match.event.time = time;
  match.event.audit_id = user;
  match.novelty = {novelty};
  match.values = std::move(values);
  return match;
}

// An aggregator and the state that it writes to.
class Desk final : public WindowShelf {
 public:
  explicit Desk(std::vector<Rule> rules) { restart(std::move(rules)); }

  std::optional<Window> find(const std::string& alert_id) override {
    const auto found = windows.find(alert_id);
    if (found == windows.end()) return std::nullopt;
    return found->second;
  }
  void restart(std::vector<Rule> rules) {
    rules_ = std::move(rules);
    aggregator_ = std::make_unique<Aggregator>(Origin{"prod", "cp-1", "epoch"}, AggregateOptions{},
                                               rules_, std::vector<std::string>{}, *this);
    std::vector<Window> open;
    for (const auto& [id, window] : windows) {
      if (!window.closed) open.push_back(window);
    }
    aggregator_->restore(std::move(open), {}, shelved_until_);
  }
  void reload(std::vector<Rule> rules) {
    aggregator_->use(rules, {});
    rules_.swap(rules);
    aggregator_->use(rules_, {});
  }
  // The revisions that a match makes.
  std::vector<Alert> feed(Match match) {
    Batch batch;
    batch.end.stream = "audit.log";
    batch.matches = {std::move(match)};
    aggregator_->add(batch, std::nullopt, kNow);
    std::vector<Alert> told;
    do {
      aggregator_->advance(std::nullopt, kNow);
      const Changes changes = aggregator_->take_changes();
      for (const Window& window : changes.windows) {
        windows[window.alert.id] = window;
        const WallTime end = window.alert.window_end;
        shelved_until_ = std::max(shelved_until_.value_or(end), end);
      }
      for (const Outgoing& outgoing : changes.outgoing) told.push_back(outgoing.alert);
    } while (aggregator_->has_news());
    return told;
  }

  std::map<std::string, Window> windows;

 private:
  std::vector<Rule> rules_;
  std::optional<WallTime> shelved_until_;
  std::unique_ptr<Aggregator> aggregator_;
};

}  // namespace

TEST_CASE("a window that is closed goes on to the new end when its rule's window is lengthened") {
  Desk desk(ports(minutes(10)));
  const auto first = desk.feed(creation("alice", kNine, 1));
  REQUIRE(first.size() == 1);
  const auto closed = desk.feed(creation("bob", kNine + minutes(20), 1));
  REQUIRE(closed.size() == 2);  // bob's first, alice's last
  if (GENERATE(false, true)) {
    desk.restart(ports(minutes(60)));
  } else {
    desk.reload(ports(minutes(60)));
  }
  const auto again = desk.feed(creation("alice", kNine + minutes(30), 2));
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == first[0].id);
  CHECK(again[0].revision == 3);
  CHECK(again[0].phase == Phase::update);
  CHECK(again[0].count == 2);
  CHECK(again[0].first_time == kNine);
  CHECK(again[0].window_end == kNine + hours(1));
  // Not before its new end is it closed.
  CHECK(desk.feed(creation("carol", kNine + minutes(64), 1)).size() == 2);  // and bob's last
  const auto last = desk.feed(creation("carol", kNine + minutes(65), 1));
  REQUIRE(last.size() == 1);
  CHECK(last[0].id == first[0].id);
  CHECK(last[0].revision == 4);
  CHECK(last[0].phase == Phase::final);
}

TEST_CASE("a window that is open goes on to the new end when its rule's window is lengthened") {
  Desk desk(ports(minutes(10)));
  const auto first = desk.feed(creation("alice", kNine, 1));
  REQUIRE(first.size() == 1);
  desk.reload(ports(minutes(60)));
  const auto again = desk.feed(creation("alice", kNine + minutes(30), 2));
  REQUIRE(again.size() == 1);
  CHECK(again[0].phase == Phase::update);
  CHECK(again[0].window_end == kNine + hours(1));
  CHECK(desk.windows.at(first[0].id).closed == false);
}

TEST_CASE("a window that was begun longer keeps its end when its rule's window is shortened") {
  Desk desk(ports(minutes(60)));
  const auto first = desk.feed(creation("alice", kNine, 1));
  desk.feed(creation("bob", kNine + hours(2), 1));
  desk.restart(ports(minutes(10)));
  const auto again = desk.feed(creation("alice", kNine + minutes(5), 2));
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == first.at(0).id);
  CHECK(again[0].revision == 3);
  CHECK(again[0].window_end == kNine + hours(1));
}

TEST_CASE("values keep their names when a reload changes the rule's") {
  Desk desk(ports(minutes(60), {"verb", "name"}));
  desk.feed(creation("alice", kNine, 1, {{"create"}, {"web"}}));
  desk.reload(ports(minutes(60), {"name", "agent"}));
  const auto told = desk.feed(creation("alice", kNine, 2, {{"db"}, {"kubectl"}}));
  REQUIRE(told.size() == 1);
  using Values = std::vector<std::pair<std::string, std::vector<std::string>>>;
  CHECK(told[0].values ==
        Values{{"verb", {"create"}}, {"name", {"db", "web"}}, {"agent", {"kubectl"}}});
}

}  // namespace nodeportd
