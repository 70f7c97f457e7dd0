// What rules may take, however a file is written.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

std::string limited_rule(int number, const std::string& more = "") {
  return test::rule_head(fmt::format("{:08x}-2222-4222-8222-222222222222", number)) +
         "detection: {s: {v: a}, condition: s}\n" + more + "---\n";
}

std::string limited_rules(int begin, int end) {
  std::string text;
  for (int i = begin; i < end; ++i) text += limited_rule(i);
  return text;
}

std::string refusal_of(const std::string& detection) {
  return test::load(test::rule_head() + "detection:\n" + detection).text();
}

// `begin` (what `part` gives of 0 to `count`) `end`
template <typename Part>
std::string repeated(int count, Part part) {
  std::string text;
  for (int i = 0; i < count; ++i) text += part(i);
  return text;
}

}  // namespace

TEST_CASE("a load has at most 10,000 rules") {
  std::vector<CompiledRule> rules;
  Problems problems;
  load_rule_text(limited_rules(0, 5'000), "a.yml", rules, problems);
  load_rule_text(limited_rules(5'000, 10'000), "b.yml", rules, problems);
  CHECK(rules.size() == 10'000);
  CHECK(problems.empty());
  load_rule_text(limited_rules(10'000, 10'002), "c.yml", rules, problems);
  CHECK(rules.size() == 10'000);
  REQUIRE(problems.size() == 1);
  CHECK(to_text(problems[0]) == "c.yml:1:1: over 10,000 rules in all: nothing after this is read");
}

TEST_CASE("the files of a load are at most 8 MiB in all") {
  const test::TempDir dir;
  for (int i = 0; i < 10; ++i) {
    test::write_text(dir / fmt::format("{}.yml", i),
                     limited_rule(i) + '#' + std::string(1'000'000, 'x') + '\n');
  }
  Problems problems;
  (void)load_rule_files({dir.path().string()}, problems);
  REQUIRE(problems.size() == 1);
  CHECK(to_text(problems[0]) ==
        dir / "8.yml" + ": with this one the rule files are over 8 MiB in all");
}

TEST_CASE("of a load with many problems the first hundred are told, and the rest is not read") {
  const test::TempDir dir;
  const std::string broken = repeated(60, [](int) { return std::string("title: x\n---\n"); });
  for (const char* name : {"a.yml", "b.yml"}) test::write_text(dir / name, broken);
  Problems problems;
  (void)load_rule_files({dir.path().string()}, problems);
  CHECK(problems.size() <= kProblemsMax + 3);
  CHECK(to_text(problems.back()) == dir / "b.yml" + ": is not read: there are problems enough");
  // One rule alone has as many.
  const auto loaded = test::load(
      limited_rule(1, "tags: [" + repeated(1'000, [](int) { return std::string("[],"); }) + "]\n"));
  CHECK(loaded.problems.size() == kProblemsMax + 1);
  CHECK(to_text(loaded.problems.back()) == "r.yml: and 900 problems more");
}

TEST_CASE("a detection has at most 500 selections, and names them as often") {
  const auto selections = [](int count) {
    return repeated(count, [](int i) { return fmt::format("    s{}: {{v: a}}\n", i); });
  };
  CHECK(refusal_of(selections(500) + "    condition: 1 of them\n").empty());
  CHECK(refusal_of(selections(501) + "    condition: s1\n") ==
        "r.yml:508:11: over 500 selections\n");
  const auto twice = GENERATE(values<std::string>({
      "1 of them and 1 of s*",
      "[1 of them, s1]",
  }));
  CHECK_THAT(refusal_of(selections(500) + "    condition: " + twice + "\n"),
             Catch::Contains("500 selections"));
  CHECK_THAT(refusal_of("    s: {v: a}\n    condition: s" +
                        repeated(500, [](int) { return std::string(" or s"); }) + "\n"),
             Catch::Contains("a condition names at most 500 selections"));
}

TEST_CASE("regular expressions are bounded by what they are compiled to") {
  const std::string all = "    condition: all of them\n";
  CHECK(refusal_of("    s: {'v|re': 'a.{900}b'}\n" + all).empty());
  const std::string large = "'(\\pL{30}){9}'";
  const auto list = [&](int count) { return repeated(count, [&](int) { return large + ", "; }); };
  const std::string over = "the regular expressions of this detection are too large together";
  CHECK_THAT(refusal_of("    s: {'v|re': [" + list(100) + "]}\n" + all), Catch::Contains(over));
  CHECK_THAT(
      refusal_of(
          repeated(100, [&](int i) { return fmt::format("    s{}: {{'v|re': {}}}\n", i, large); }) +
          all),
      Catch::Contains(over));
  // Those that are refused one by one cost time each.
  const auto refused =
      test::load(test::rule_head() + "detection:\n    s: {'v|re': [" +
                 repeated(5'000, [](int) { return std::string("'(?=a)', "); }) + "]}\n" + all);
  CHECK(refused.problems.size() <= kProblemsMax + 1);

  std::vector<CompiledRule> rules;
  Problems problems;
  for (int i = 0; i < 1'000 && problems.empty(); ++i) {
    load_rule_text(test::rule_head(fmt::format("{:08x}-2222-4222-8222-222222222222", i)) +
                       "detection:\n    s: {'v|re': '(\\pL{30}){5}'}\n" + all,
                   "r.yml", rules, problems);
  }
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0].text, Catch::Contains("too large together"));
}

TEST_CASE("a circle of rules that yield is found among thousands that lead to it or nowhere") {
  const auto yielding = [](int number, int to) {
    return limited_rule(number,
                        fmt::format("yields_to: [{:08x}-2222-4222-8222-222222222222]\n", to));
  };
  const std::string chain = repeated(4'000, [&](int i) { return yielding(i + 1, i); });
  CHECK(test::load(limited_rule(0) + chain).text().empty());
  CHECK_THAT(test::load(chain + yielding(0, 2)).text(),
             Catch::Contains("yields to itself, directly or through others"));
}

TEST_CASE("tests are checked whoever loads a rule, and kept for who runs them") {
  const test::TempDir dir;
  test::write_text(dir / "a.yml",
                   limited_rule(0, "tests: {cases: [{name: a, events: [{v: a}], alerts: []}]}\n"));
  Problems problems;
  CHECK(load_rule_files({dir / "a.yml"}, problems).at(0).tests.empty());
  CHECK(load_rule_files({dir / "a.yml"}, problems, {.keeps_tests = true}).at(0).tests.size() == 1);
  CHECK(problems.empty());
}

}  // namespace nodeportd
