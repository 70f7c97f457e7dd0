#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace nodeportd::test {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SOURCE_FOLDER;
constexpr int kHazards = 52;

// The names of the Catch2 cases of a source; literals side by side are one text.
void add_cases(const std::string& source, std::set<std::string>& names) {
  static const std::regex literal(R"re(\s*"((?:[^"\\]|\\.)*)")re");
  static const std::string opening = "TEST_CASE(";
  for (std::size_t at = source.find(opening); at != std::string::npos;
       at = source.find(opening, at)) {
    at += opening.size();
    std::string name;
    std::smatch found;
    auto rest = source.cbegin() + static_cast<std::ptrdiff_t>(at);
    while (std::regex_search(rest, source.cend(), found, literal,
                             std::regex_constants::match_continuous)) {
      name += found[1];
      rest = found[0].second;
    }
    names.insert(name);
  }
}

// The functions of a Python test, as `tests/e2e/x.py: test_y`.
void add_functions(const std::string& path, const std::string& source,
                   std::set<std::string>& names) {
  static const std::regex function(R"(\n\s+def (test_\w+)\()");
  const std::sregex_iterator end;
  for (std::sregex_iterator it(source.begin(), source.end(), function); it != end; ++it) {
    names.insert(path + ": " + (*it)[1].str());
  }
}

std::set<std::string> all_tests() {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "tests")) {
    const fs::path& path = entry.path();
    if (path.extension() == ".cpp") add_cases(read_text(path.string()), names);
    if (path.extension() == ".py") {
      add_functions(path.lexically_relative(kRoot).string(), read_text(path.string()), names);
    }
  }
  return names;
}

std::vector<std::string> cells_of(const std::string& row) {
  static const std::regex edge(R"(\s*\|\s*)");
  std::vector<std::string> cells(std::sregex_token_iterator(row.begin(), row.end(), edge, -1), {});
  if (!cells.empty()) cells.erase(cells.begin());  // what stands before the first edge
  return cells;
}

// Each row of a hazard with a promise names tests that exist, or says `open`; each hazard has one
// row. What is not so, a line each.
std::vector<std::string> complaints_about(const std::string& document,
                                          const std::set<std::string>& tests) {
  static const std::regex number(R"(T\d\d)");
  static const std::regex quoted("`([^`]+)`");
  std::vector<std::string> complaints;
  std::multiset<std::string> hazards;
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.empty() || !std::regex_match(cells[0], number)) continue;
    hazards.insert(cells[0]);
    if (cells.size() != 4) continue;  // what does not apply has a reason instead
    const std::sregex_iterator end;
    std::sregex_iterator named(cells[3].begin(), cells[3].end(), quoted);
    if (named == end && cells[3] != "open") complaints.push_back(cells[0] + " names no test");
    for (; named != end; ++named) {
      const std::string test = (*named)[1];
      if (!tests.contains(test)) complaints.push_back(cells[0] + ": there is no test " + test);
    }
  }
  for (int i = 1; i <= kHazards; ++i) {
    const std::string hazard = (i < 10 ? "T0" : "T") + std::to_string(i);
    if (hazards.count(hazard) != 1) complaints.push_back(hazard + " has not one row");
  }
  return complaints;
}

}  // namespace

TEST_CASE("each hazard stands in RELIABILITY.md, with tests that exist") {
  const std::set<std::string> tests = all_tests();
  REQUIRE(tests.size() > 500);
  const std::string document = read_text((kRoot / "docs/RELIABILITY.md").string());
  for (const std::string& complaint : complaints_about(document, tests)) FAIL_CHECK(complaint);
}

TEST_CASE("a hazard without a row, and a row without a test that exists, are complained about") {
  std::set<std::string> tests;
  add_cases("TEST_CASE(\n    \"one \"\n    \"name\") {\nTEST_CASE(\"another\") {", tests);
  add_functions("tests/e2e/x.py", "class X:\n    def test_y(self):\n", tests);
  CHECK(tests == std::set<std::string>{"one name", "another", "tests/e2e/x.py: test_y"});
  std::string rows;
  for (int i = 10; i <= kHazards; ++i) rows += "| T" + std::to_string(i) + " | h | reason |\n";
  for (int i = 5; i < 9; ++i) rows += "| T0" + std::to_string(i) + " | h | p | open |\n";
  rows +=
      "| T01 | h | p | `one name`<br>`tests/e2e/x.py: test_y` |\n"
      "| T02 | h | p | `one` |\n"
      "| T03 | h | p | `another`<br>`tests/e2e/x.py: test_z` |\n"
      "| T04 | h | p | somehow |\n";
  CHECK(complaints_about(rows, tests) ==
        std::vector<std::string>{"T02: there is no test one",
                                 "T03: there is no test tests/e2e/x.py: test_z",
                                 "T04 names no test", "T09 has not one row"});
}

}  // namespace nodeportd::test
