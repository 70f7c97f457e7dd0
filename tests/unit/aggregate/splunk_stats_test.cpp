#include "aggregate/splunk_stats.hpp"

#include <catch2/catch.hpp>

namespace nodeportd {
namespace {

using Values = std::vector<std::vector<std::string>>;

Rule two_by_one() {
  Rule rule;
  rule.aggregate.group_by = {{"code", "responseStatus.code"}, {"src_ip", "sourceIPs[]"}};
  rule.aggregate.values = {{"user_groups", "user.groups[]"}};
  return rule;
}

std::vector<SplunkStats::Row> rows_of(const std::vector<std::pair<Values, Values>>& events) {
  const Rule rule = two_by_one();
  SplunkStats stats(rule);
  for (const auto& [by, values] : events) stats.add({0, by, values});
  return stats.rows();
}

}  // namespace

TEST_CASE("a null field is 0 when some event of the batch has it, else its row is dropped") {
  SECTION("somewhere in the batch") {
    const auto rows = rows_of({{{{}, {"a"}}, {{"g"}}}, {{{"201"}, {"a"}}, {{"g"}}}});
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].by == std::vector<std::string>{"0", "a"});
    CHECK(rows[1].by == std::vector<std::string>{"201", "a"});
  }
  SECTION("nowhere") {
    CHECK(rows_of({{{{}, {"a"}}, {{"g"}}}}).empty());
  }
}

TEST_CASE("two source addresses make two rows of count 1, a repeated one counts twice") {
  const auto two = rows_of({{{{"201"}, {"a", "b"}}, {{"g"}}}});
  REQUIRE(two.size() == 2);
  CHECK(two[0].count == 1);
  CHECK(two[1].count == 1);
  const auto repeated = rows_of({{{{"201"}, {"a", "a"}}, {{"g"}}}});
  REQUIRE(repeated.size() == 1);
  CHECK(repeated[0].count == 2);
}

TEST_CASE("values are distinct and sorted by bytes: digits, then upper case, then lower case") {
  const auto rows = rows_of(
      {{{{"201"}, {"a"}}, {{"b", "B", "b", "9"}}}, {{{"201"}, {"a"}}, {{"system:masters"}}}});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].count == 2);
  CHECK(rows[0].values == Values{{"9", "B", "b", "system:masters"}});
}

TEST_CASE("a null values field is 0 only when some event of the batch has it") {
  const auto known = rows_of({{{{"201"}, {"a"}}, {{}}}, {{{"403"}, {"a"}}, {{"g"}}}});
  REQUIRE(known.size() == 2);
  CHECK(known[0].values == Values{{"0"}});
  const auto unknown = rows_of({{{{"201"}, {"a"}}, {{}}}});
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].values == Values{{}});
}

}  // namespace nodeportd
