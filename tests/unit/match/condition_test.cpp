// Conditions over selections a, b, c, sel_1, sel_2 and _hidden, each of which holds where the event
// has its letter.
#include "match/condition_parser.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

std::string rule_under(const std::string& condition) {
  std::string yaml = test::rule_head() + "detection:\n";
  for (const std::string name : {"a", "b", "c", "sel_1", "sel_2", "_hidden"}) {
    yaml += "    " + name + ":\n        " + name + "|exists: true\n";
  }
  return yaml + "    condition: " + condition + "\n";
}

std::string event_with(const std::vector<std::string>& names) {
  std::string json;
  for (const std::string& name : names) json += (json.empty() ? "\"" : ",\"") + name + "\":1";
  return "{" + json + "}";
}

struct Row {
  std::string condition;
  std::vector<std::string> holding;
  bool expected;
};

TEST_CASE("a condition means what its words say") {
  const Row row = GENERATE(values<Row>({
      {"a", {"a"}, true},
      {"a", {"b"}, false},
      {"a and b", {"a", "b"}, true},
      {"a and b", {"a"}, false},
      {"a or b", {"b"}, true},
      {"a or b", {}, false},
      {"not a", {}, true},
      {"not a", {"a"}, false},
      {"not not a", {"a"}, true},
      {"a or b and c", {"a"}, true},  // `and` binds more than `or`
      {"a or b and c", {"b"}, false},
      {"b and c or a", {"a"}, true},
      {"(a or b) and c", {"a"}, false},
      {"(a or b) and c", {"a", "c"}, true},
      {"not a and b", {"b"}, true},  // `not` binds more than `and`
      {"not a and b", {}, false},
      {"not (a and b)", {"b"}, true},
      {"not a or b", {"a", "b"}, true},
      {"a AND NOT b", {"a"}, true},
      {"1 of them", {"sel_2"}, true},
      {"1 of them", {"_hidden"}, false},  // `_` is left out
      {"1 of them", {}, false},
      {"all of them", {"a", "b", "c", "sel_1", "sel_2"}, true},
      {"all of them", {"a", "b", "c", "sel_1"}, false},
      {"1 of sel_*", {"sel_2"}, true},
      {"1 of sel_*", {"a"}, false},
      {"any of sel_*", {"sel_1"}, true},
      {"all of sel_*", {"sel_1"}, false},
      {"all of sel_*", {"sel_1", "sel_2"}, true},
      {"1 of *_1", {"sel_1"}, true},
      {"1 of *_1", {"sel_2"}, false},
      {"1 of s*_*", {"sel_2"}, true},
      {"1 of _*", {"_hidden"}, true},
      {"'1 of *'", {"_hidden"}, false},
      {"1 of a", {"a"}, true},
      {"not 1 of sel_* and a", {"a"}, true},
      {"not 1 of sel_* and a", {"a", "sel_1"}, false},
      {"a and not 1 of sel_*", {"a"}, true},
      {"a and (1 of sel_* or b)", {"a", "b"}, true},
      {"_hidden", {"_hidden"}, true},
      {"[a, b and c]", {"a"}, true},  // a list: any of its queries
      {"[a, b and c]", {"b", "c"}, true},
      {"[a, b and c]", {"b"}, false},
  }));
  INFO(row.condition << " on " << event_with(row.holding));
  CHECK(test::detects(rule_under(row.condition), event_with(row.holding)) == row.expected);
}

TEST_CASE("a condition that cannot be honoured is refused at the word") {
  const std::vector<std::string_view> names = {"selection", "filter", "_x"};
  struct Refused {
    std::string condition;
    std::size_t at;
    std::string text;
  };
  const Refused row = GENERATE(values<Refused>({
      {"selektion", 0, "there is no selection 'selektion': did you mean 'selection'?"},
      {"selection and not flter", 18, "there is no selection 'flter': did you mean 'filter'?"},
      {"", 0, "the condition ends too early"},
      {"selection and", 13, "the condition ends too early"},
      {"selection filter", 10, "'filter' does not belong here"},
      {"(selection or filter", 0, "'(' is not closed"},
      {"selection)", 9, "')' does not belong here"},
      {"and selection", 0, "'and' does not belong here"},
      {"()", 1, "')' does not belong here"},
      {"2 of them", 0, "'2 of' is not in Sigma: write '1 of' or 'all of'"},
      {"1 of nothing*", 5, "no selection is called 'nothing*'"},
      {"1 of", 4, "the condition ends too early"},
      {"selection | count() > 5", 10,
       "'|' begins an aggregation, which Sigma 2 no longer has: correlation rules are to take its "
       "place"},
  }));
  const auto parsed = parse_condition(row.condition, names);
  INFO(row.condition);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().at == row.at);
  CHECK(parsed.error().text == row.text);
}

TEST_CASE("a condition nests to a bound") {
  const std::vector<std::string_view> names = {"a"};
  const auto nested = [&](int depth) {
    return std::string(static_cast<std::size_t>(depth), '(') + "a" +
           std::string(static_cast<std::size_t>(depth), ')');
  };
  CHECK(parse_condition(nested(64), names));
  const auto refused = parse_condition(nested(65), names);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text == "nested over 64 deep");
}

}  // namespace
}  // namespace nodeportd
