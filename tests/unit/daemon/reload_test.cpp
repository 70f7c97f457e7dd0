#include "daemon/run/reload.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "support/temp_dir.hpp"

namespace nodeportd {
namespace {

using Keys = std::vector<std::string>;

// A config whose rules lie beside it.
std::string write_config(const test::TempDir& dir, const std::string& more = "") {
  test::write_text(dir / "rule.yml",
                   "title: t\n"
                   "id: 3f1c9f9e-2f60-4a4e-a4f0-0a1b6d1c2a11\n"
                   "logsource: {product: kubernetes, service: audit}\n"
                   "detection: {it: {verb: create}, condition: it}\n");
  const std::string path = dir / "nodeportd.yaml";
  test::write_text(path, "sources: [{audit_log: " + (dir / "audit.log") +
                             "}]\n"
                             "rules: [rule.yml]\n"
                             "sinks: [{name: out, type: file, path: '-'}]\n" +
                             more);
  return path;
}

}  // namespace

TEST_CASE("of a config that is as it was nothing needs a restart") {
  const test::TempDir dir;
  const std::string path = write_config(dir);
  const Setup running = load_setup(path);
  REQUIRE(running.problems.empty());
  const Reload again = load_again(path, running.config, std::nullopt);
  CHECK(again.setup.problems.empty());
  CHECK(again.restart.empty());
  CHECK(notice_of(again).rule == "daemon.reloaded");
}

TEST_CASE("keys that a running daemon does not take up are named, those that it does are not") {
  const Config running;
  Config next;
  next.rules = {"/elsewhere"};
  next.watch = true;
  next.lookout.silenced = {"source.silent"};
  next.audit_policy = "/policy.yaml";
  next.log_level = LogLevel::debug;
  CHECK(keys_for_restart(running, next).empty());

  next.cluster = "c";
  next.node = "n";
  next.sources.emplace_back();
  next.sinks.emplace_back();
  next.pipeline.workers = 2;
  next.aggregate.max_keys = 10;
  next.state.directory = "/state";
  next.admin_socket = "/socket";
  next.admin_port = 9464;
  next.admin_grace = std::chrono::seconds(1);
  next.confine = Confine::none;
  CHECK(keys_for_restart(running, next) ==
        Keys{"cluster", "node", "sources", "pipeline.workers", "aggregate.max_keys",
             "state.directory", "sinks", "admin.socket", "admin.listen", "admin.grace", "confine"});
}

TEST_CASE("a file that the running daemon may not open is named, one beneath a folder of it not") {
  const test::TempDir dir;
  const std::string path = write_config(dir);
  const Setup running = load_setup(path);
  const std::vector<AllowedPath> all = {{"/", FileAccess::write}, {"/", FileAccess::sockets}};
  CHECK(load_again(path, running.config, all).restart.empty());
  const std::vector<AllowedPath> read_alone = {{"/", FileAccess::read}};
  const Keys restart = load_again(path, running.config, read_alone).restart;
  CHECK(std::find(restart.begin(), restart.end(), dir / "audit.log") == restart.end());
  const std::vector<AllowedPath> other = {{"/nowhere", FileAccess::write}};
  const Keys unreadable = load_again(path, running.config, other).restart;
  const std::string folder = dir.path().string();
  CHECK(std::find(unreadable.begin(), unreadable.end(), folder) != unreadable.end());
}

TEST_CASE("what is wrong is told with its place, and not more of it than a reader takes in") {
  const test::TempDir dir;
  std::string wrong;
  for (int i = 0; i < 9; ++i) wrong += "unknown" + std::to_string(i) + ": 1\n";
  const std::string path = write_config(dir);
  const Setup running = load_setup(path);
  write_config(dir, wrong);
  const Notice notice = notice_of(load_again(path, running.config, std::nullopt));
  CHECK(notice.rule == "reload.refused");
  CHECK(notice.text.find(path + ":4:1: ") != std::string::npos);
  REQUIRE(notice.facts.size() == 6);
  CHECK(notice.facts[0] == std::pair<std::string, std::string>{"problems", "9"});
}

TEST_CASE("a reload that is refused does not tell what variables hold") {
  const test::TempDir dir;
  const std::string path = write_config(dir);
  const Setup running = load_setup(path);
  ::setenv("NODEPORTD_TEST_TOKEN", "s3cr3t(token", 1);
  (void)write_config(dir,
                     "audit_policy: ${NODEPORTD_TEST_TOKEN}\n"
                     "exceptions:\n"
                     "  - name: ${NODEPORTD_TEST_TOKEN}\n"
                     "    rules: ['${NODEPORTD_TEST_TOKEN}']\n"
                     "    condition: {'verb|re': '${NODEPORTD_TEST_TOKEN}'}\n"
                     "    until: ${NODEPORTD_TEST_TOKEN}\n"
                     "    reason: why\n");
  const Reload reload = load_again(path, running.config, std::nullopt);
  ::unsetenv("NODEPORTD_TEST_TOKEN");
  CHECK(reload.setup.problems.size() >= 4);
  for (const Problem& problem : reload.setup.problems) {
    INFO(problem.text);
    CHECK(problem.text.find("s3cr3t") == std::string::npos);
  }
}

TEST_CASE("of a config that is no YAML and no map only that is told, and no default of it") {
  const test::TempDir dir;
  const std::string path = write_config(dir);
  const Setup running = load_setup(path);
  SECTION("a list that is not ended") {
    write_config(dir, "bad: [\n");
  }
  SECTION("a text") {
    test::write_text(path, "hello\n");
  }
  SECTION("no file") {
    std::filesystem::remove(path);
  }
  const Reload again = load_again(path, running.config, std::nullopt);
  REQUIRE(again.setup.problems.size() == 1);
  CHECK(again.setup.problems[0].place.file == path);
  CHECK(again.restart.empty());
  CHECK(notice_of(again).text.find("restart") == std::string::npos);
}

TEST_CASE("beside a config's own problems those of its rules are told, but no key for a restart") {
  const test::TempDir dir;
  const std::string path = write_config(dir);
  const Setup running = load_setup(path);
  write_config(dir, "cluster: other\nsinc: 1\n");
  test::write_text(dir / "rule.yml", "title: [\n");
  const Reload again = load_again(path, running.config, std::nullopt);
  REQUIRE(again.setup.problems.size() == 2);
  CHECK(again.setup.problems[0].place.file == path);
  CHECK(again.setup.problems[1].place.file == dir / "rule.yml");
  CHECK(again.restart.empty());
}

TEST_CASE("beside a problem of a rule the keys for a restart are told") {
  const test::TempDir dir;
  const std::string path = write_config(dir);
  const Setup running = load_setup(path);
  write_config(dir, "cluster: other\n");
  test::write_text(dir / "rule.yml", "title: [\n");
  const Reload again = load_again(path, running.config, std::nullopt);
  CHECK(again.setup.problems.size() == 1);
  CHECK(again.restart == Keys{"cluster"});
}

TEST_CASE("files of rules that the running daemon may not open are named whatever is wrong") {
  const test::TempDir dir;
  const std::string path = write_config(dir);
  const Setup running = load_setup(path);
  const std::vector<AllowedPath> other = {{"/nowhere", FileAccess::write}};
  const std::string folder = dir.path().string();
  const auto names_folder = [&] {
    const Keys restart = load_again(path, running.config, other).restart;
    return std::find(restart.begin(), restart.end(), folder) != restart.end();
  };
  SECTION("a key is unknown") {
    write_config(dir, "sinc: 1\n");
    CHECK(names_folder());
  }
  SECTION("the config cannot be read") {
    write_config(dir, "bad: [\n");
    CHECK(names_folder());
  }
  const std::vector<AllowedPath> own = {{"/", FileAccess::read}};
  CHECK(load_again(path, running.config, own).restart.empty());
}

}  // namespace nodeportd
