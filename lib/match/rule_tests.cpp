#include "match/rule_tests.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "base/yaml_map.hpp"
#include "match/expected_alert.hpp"
#include "match/plain_scalar.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kTestsMax = 1'000;    // of a rule
constexpr std::size_t kEventsMax = 10'000;  // of a test

// `event` over what all have in common: maps are merged, all else takes its place.
YamlNode merged(const YamlNode& common, const YamlNode& event) {
  if (!common.is_map() || !event.is_map()) return event;
  YamlNode result = common;
  for (const YamlEntry& entry : event.entries) {
    const auto same = std::find_if(result.entries.begin(), result.entries.end(),
                                   [&](const YamlEntry& each) { return each.key == entry.key; });
    if (same == result.entries.end()) {
      result.entries.push_back(entry);
    } else {
      same->value = merged(same->value, entry.value);
    }
  }
  return result;
}

class RuleTestLoader {
 public:
  RuleTestLoader(const Rule& rule, const std::string& file, std::size_t& room, Problems& problems)
      : rule_(rule), file_(file), room_(room), problems_(problems) {}

  std::vector<RuleTest> load(const YamlNode& node) {
    std::vector<RuleTest> tests;
    YamlMap map(node, file_, problems_, "'tests'");
    if (const YamlNode* common = map.node("event")) {
      if (!common->is_map()) map.complain(*common, "'event' is a map of what the events share");
      refuse_ambiguous(*common, file_, problems_);
      common_ = *common;
    }
    const YamlNode* cases = map.required("cases");
    map.refuse_unknown_keys();
    if (cases == nullptr) return tests;
    if (!cases->is_sequence() || cases->items.size() > kTestsMax) {
      complain(*cases, "'cases' must be a list of at most 1,000 tests");
      return tests;
    }
    for (const YamlNode& item : cases->items) tests.push_back(load_test(item));
    return tests;
  }

 private:
  RuleTest load_test(const YamlNode& node) {
    RuleTest test;
    YamlMap map(node, file_, problems_, "a test");
    test.place = map.place(node);
    test.name = map.required_text("name").value_or("");
    if (!test.name.empty() && !names_.insert(test.name).second) {
      map.complain(*map.node("name"), "two tests are called '" + test.name + "'");
    }
    if (const YamlNode* events = map.required("events")) load_events(*events, test);
    if (const YamlNode* alerts = map.required("alerts")) {
      check_expected_alerts(*alerts, rule_, file_, problems_);
      test.alerts = *alerts;
    }
    map.refuse_unknown_keys();
    return test;
  }

  void load_events(const YamlNode& events, RuleTest& test) {
    const bool is_sound = events.is_sequence() && !events.items.empty();
    if (!is_sound || events.items.size() > kEventsMax) {
      complain(events, "'events' must be a list of 1 to 10,000 events");
      return;
    }
    for (const YamlNode& event : events.items) {
      if (room_ == 0) return;
      test.records.push_back(record_of(event));
      room_ -= std::min(room_, test.records.back().size());
      if (room_ == 0) complain(event, "the events of all rules' tests are over 64 MiB");
    }
  }

  std::string record_of(const YamlNode& event) {
    if (event.is_map()) {
      refuse_ambiguous(event, file_, problems_);
      return to_json(merged(common_, event));
    }
    if (event.is_scalar() && event.quoted && !event.scalar.empty()) {
      std::string text = event.scalar;
      while (text.ends_with('\n')) text.pop_back();
      return text;
    }
    complain(event, "an event is a map, or what stands in the log, in quotes or a block");
    return "";
  }

  void complain(const YamlNode& at, std::string text) {
    problems_.push_back({{file_, at.line, at.column}, std::move(text)});
  }

  const Rule& rule_;
  const std::string& file_;
  std::size_t& room_;
  Problems& problems_;
  YamlNode common_;
  std::set<std::string> names_;
};

}  // namespace

std::vector<RuleTest> load_rule_tests(const YamlNode& node, const Rule& rule,
                                      const std::string& file, std::size_t& room,
                                      Problems& problems) {
  return RuleTestLoader(rule, file, room, problems).load(node);
}

}  // namespace nodeportd
