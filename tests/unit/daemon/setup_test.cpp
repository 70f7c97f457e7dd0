#include "daemon/setup.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "support/temp_dir.hpp"

namespace nodeportd {
namespace {

// The problems of a config with one rule beside it, a line each, without the folder.
std::string problems_with(const test::TempDir& dir, const std::string& sink,
                          const std::string& rule_level = "low") {
  test::write_text(dir / "rule.yml",
                   "title: Some ports\n"
                   "id: 3f1c9f9e-2f60-4a4e-a4f0-0a1b6d1c2a11\n"
                   "logsource: {product: kubernetes, service: audit}\n"
                   "level: " +
                       rule_level +
                       "\n"
                       "tags: [attack.t1204]\n"
                       "detection: {it: {verb: create}, condition: it}\n");
  test::write_text(dir / "c.yaml", "sources: [{audit_log: " + (dir / "audit*.log") +
                                       "}]\n"
                                       "rules: [rule.yml]\n"
                                       "sinks:\n"
                                       "  - {name: a, type: file, " +
                                       sink + "}\n");
  std::string lines;
  for (const Problem& problem : load_setup(dir / "c.yaml").problems) {
    lines += to_text(problem).substr(dir.path().string().size() + 1) + '\n';
  }
  return lines;
}

}  // namespace

TEST_CASE(
    "a sink names rules by id, title or tag, the daemon's own too, and none that is not there") {
  const test::TempDir dir;
  CHECK(problems_with(
            dir,
            "path: '-', rules: [3f1c9f9e-2f60-4a4e-a4f0-0a1b6d1c2a11, Some ports, "
            "attack.t1204, nodeportd.heartbeat, nodeportd.test, nodeportd.line_uninspectable, "
            "Audit log lines were lost before they were read, nodeportd.source.missing]") == "");
  CHECK(problems_with(dir, "path: '-', rules: [Some ports, Some port]") ==
        "c.yaml:4:58: no rule has the id, title or tag 'Some port': did you mean 'Some ports'?\n");
  CHECK(problems_with(dir, "path: '-', rules: zzz") ==
        "c.yaml:4:45: no rule has the id, title or tag 'zzz'\n");
}

TEST_CASE("while a rule cannot be read, what a sink names is not judged") {
  const test::TempDir dir;
  const std::string problems = problems_with(dir, "path: '-', rules: [zzz]", "lowly");
  CHECK(problems.find("lowly") != std::string::npos);
  CHECK(problems.find("zzz") == std::string::npos);
}

TEST_CASE("a sink's file is no followed log by a link either") {
  const test::TempDir dir;
  test::write_text(dir / "audit-1.log", "");
  test::write_text(dir / "other", "");
  std::filesystem::create_symlink(dir / "audit-1.log", dir / "soft");
  std::filesystem::create_hard_link(dir / "audit-1.log", dir / "hard");
  CHECK(problems_with(dir, "path: " + (dir / "other")) == "");
  CHECK(problems_with(dir, "path: " + (dir / "none")) == "");
  for (const char* name : {"soft", "hard"}) {
    CHECK(problems_with(dir, "path: " + (dir / name)).find("'path' is a log that is followed") !=
          std::string::npos);
  }
}

}  // namespace nodeportd
