#include <catch2/catch.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "model/rule.hpp"
#include "support/temp_dir.hpp"

namespace nodeportd::test {
namespace {

const std::string kDocs = SOURCE_FOLDER "/docs/";

// Everything that the daemon alerts about itself, by name.
std::set<std::string> own_alerts() {
  std::set<std::string> names = {"groups_truncated", "heartbeat", "line_uninspectable", "test"};
  for (const std::string_view name : builtin::notice_names()) names.emplace(name);
  return names;
}

// The headings of an alert: of the third level, a word each.
std::multiset<std::string> entries_of(const std::string& runbook) {
  static const std::string mark = "### ";
  std::multiset<std::string> entries;
  std::istringstream lines(runbook);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(mark)) entries.insert(line.substr(mark.size()));
  }
  return entries;
}

}  // namespace

TEST_CASE("each alert of the daemon's own has one entry in the runbook, and no other thing has") {
  const std::multiset<std::string> entries = entries_of(read_text(kDocs + "RUNBOOK.md"));
  const std::set<std::string> names = own_alerts();
  REQUIRE(names.size() > 20);
  CHECK(std::vector<std::string>(entries.begin(), entries.end()) ==
        std::vector<std::string>(names.begin(), names.end()));
}

TEST_CASE("each alert of the daemon's own stands in OPERATIONS.md with its id") {
  const std::string operations = read_text(kDocs + "OPERATIONS.md");
  for (const std::string& name : own_alerts()) {
    const Rule* rule = builtin::find(name);
    if (name == "line_uninspectable") rule = &builtin::line_uninspectable();
    if (name == "groups_truncated") rule = &builtin::groups_truncated();
    INFO(name);
    REQUIRE(rule != nullptr);
    CHECK(operations.find("`" + name + "`") != std::string::npos);
    CHECK(operations.find("`" + rule->id + "`") != std::string::npos);
  }
}

}  // namespace nodeportd::test
