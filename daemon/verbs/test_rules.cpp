#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"
#include "daemon/verbs/rule_test_run.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kDifferencesShown = 5;
constexpr std::size_t kValueShown = 300;  // bytes

struct Tally {
  std::size_t rules = 0;
  std::size_t tests = 0;
  std::size_t failed = 0;
  std::size_t untested = 0;  // rules
};

std::string place_of(const Place& place) {
  return printable(place.file) + ':' + std::to_string(place.line);
}

// One line a test, and below a failed one what differs.
void print_test(const Rule& rule, const RuleTest& test, const std::vector<Difference>& found) {
  const std::string name =
      bounded_printable(rule.name, kValueShown) + ": " + bounded_printable(test.name, kValueShown);
  if (found.empty()) {
    fmt::print("ok        {}\n", name);
    return;
  }
  fmt::print("FAILED    {}  ({})\n", name, place_of(test.place));
  for (std::size_t i = 0; i < std::min(found.size(), kDifferencesShown); ++i) {
    fmt::print("          {}: expected {}, got {}\n", bounded_printable(found[i].path, kValueShown),
               bounded_printable(found[i].expected, kValueShown),
               bounded_printable(found[i].got, kValueShown));
  }
  if (found.size() > kDifferencesShown) {
    fmt::print("          and {} more\n", found.size() - kDifferencesShown);
  }
}

void write_difference(JsonWriter& json, const Difference& difference) {
  write_member(json, "path", difference.path);
  write_member(json, "expected", difference.expected);
  write_member(json, "got", difference.got);
}

// One object a test, and one for a rule without any.
void print_json(const Rule& rule, const RuleTest* test, const Place& place,
                const std::vector<Difference>& found) {
  const std::string object = json_object([&](JsonWriter& json) {
    write_member(json, "rule_id", rule.id);
    write_member(json, "rule", rule.name);
    write_member(json, "test", test != nullptr ? std::optional(test->name) : std::nullopt);
    write_member(json, "file", place.file);
    write_member(json, "line", place.line);
    write_member(json, "result",
                 std::string_view(test == nullptr ? "untested"
                                  : found.empty() ? "ok"
                                                  : "failed"));
    write_list(json, "differences", found, write_difference);
  });
  fmt::print("{}\n", object);
}

Result<void> run_tests(CompiledRule compiled, OutputFormat format, Tally& tally) {
  const std::vector<RuleTest> tests = std::exchange(compiled.tests, {});
  const Place place = compiled.place;
  std::vector<CompiledRule> alone;
  alone.push_back(std::move(compiled));
  const RuleSet rules(std::move(alone), {});
  const Rule& rule = rules.catalog().front();
  ++tally.rules;
  if (tests.empty()) {
    ++tally.untested;
    if (format == OutputFormat::json) {
      print_json(rule, nullptr, place, {});
    } else {
      fmt::print("no tests  {}  ({})\n", bounded_printable(rule.name, kValueShown),
                 place_of(place));
    }
  }
  for (const RuleTest& test : tests) {
    const Result<std::vector<Difference>> found = run_rule_test(rules, test);
    if (!found) return fail(found.error());
    ++tally.tests;
    if (!found->empty()) ++tally.failed;
    if (format == OutputFormat::json) {
      print_json(rule, &test, test.place, *found);
    } else {
      print_test(rule, test, *found);
    }
  }
  return {};
}

}  // namespace

int test_rules(const TestRulesCommand& command) {
  Problems problems;
  std::vector<CompiledRule> rules = compile_rules(command.paths, problems);
  if (!problems.empty()) {
    print_problems(problems);
    return kExitConfig;
  }
  Tally tally;
  for (CompiledRule& rule : rules) {
    const Result<void> done = run_tests(std::move(rule), command.format, tally);
    if (!done) return complain(done.error());
  }
  std::string summary = counted(tally.rules, "rule") + ", " + counted(tally.tests, "test") + ", " +
                        std::to_string(tally.failed) + " failed";
  if (tally.untested > 0) summary += "; " + counted(tally.untested, "rule") + " without tests";
  fmt::print(stderr, "{}\n", summary);
  return tally.failed == 0 ? kExitWell : kExitFailed;
}

}  // namespace nodeportd
