#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "tidy/house_rules.hpp"

namespace nodeportd::test {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SOURCE_FOLDER;

// The repository's own files of these endings, in the folders that we write.
std::vector<SourceFile> files_of_the_house(const std::vector<std::string>& endings) {
  std::vector<SourceFile> files;
  const auto take = [&](const fs::path& path) {
    for (const std::string& ending : endings) {
      if (path.extension() != ending) continue;
      files.push_back({path.lexically_relative(kRoot).string(), read_text(path.string())});
    }
  };
  for (const char* folder : {"lib", "daemon", "tests", "docs", "config", "packaging", "systemd"}) {
    if (!fs::exists(kRoot / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) take(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(kRoot)) take(entry.path());
  return files;
}

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "int i;\n";
  return text;
}

struct Case {
  std::string path;
  std::string text;
};

TEST_CASE("every file keeps the rules of the house") {
  const std::vector<SourceFile> files = files_of_the_house({".cpp", ".hpp", ".md"});
  REQUIRE(files.size() > 100);
  for (const SourceFile& file : files) {
    // The bad examples of this very file are no offence.
    if (file.path == "tests/tidy/house_rules_test.cpp") continue;
    if (file.path == "tests/tidy/house_rules.cpp") continue;
    for (const std::string& complaint : complaints_about(file)) FAIL_CHECK(complaint);
  }
}

TEST_CASE("what breaks a rule is complained about once") {
  const auto bad = GENERATE(values<Case>({
      {"lib/match/a.cpp", "#include \"decode/scan.hpp\"\n"},
      {"lib/config/a.cpp", "#include \"match/rule_set.hpp\"\n"},
      {"lib/model/a.cpp", "#include \"sink/sink.hpp\"\n"},
      {"lib/base/a.cpp", "#include \"model/alert.hpp\"\n"},
      {"lib/sink/a.cpp", "#include \"daemon/engine/ledger.hpp\"\n"},
      {"daemon/engine/a.cpp", "#include \"daemon/report/lookout.hpp\"\n"},
      {"daemon/engine/a.cpp", "#include \"daemon/setup.hpp\"\n"},
      {"daemon/report/a.cpp", "#include \"daemon/run/sinks.hpp\"\n"},
      {"daemon/run/a.cpp", "#include \"daemon/verbs/progress.hpp\"\n"},
      {"tests/unit/match/a_test.cpp", "#include \"sink/sink.hpp\"\n"},
      {"lib/config/a.cpp", "#include <yaml-cpp/yaml.h>\n"},
      {"lib/aggregate/a.cpp", "#include <sqlite3.h>\n"},
      {"lib/match/a.cpp", "#include <rapidjson/document.h>\n"},
      {"lib/source/follower.cpp", "#include <sys/inotify.h>\n"},
      {"lib/sink/webhook_sink.cpp", "#include <boost/asio/post.hpp>\n"},
      {"lib/base/text.cpp", "#include <spdlog/spdlog.h>\n"},
      {"daemon/engine/pipeline.cpp", "#  include <openssl/evp.h>\n"},
      {"lib/decode/a.cpp", "#include <re2/re2.h>\n"},
      {"lib/base/a.cpp", "auto t = std::chrono::system_clock::now();\n"},
      {"tests/unit/base/a_test.cpp", "auto t = std::chrono::steady_clock::now();\n"},
      {"daemon/a.cpp", "std::this_thread::sleep_for(std::chrono::seconds(1));\n"},
      {"tests/e2e/a_test.cpp", "  sleep(1);\n"},
      {"tests/e2e/a_test.cpp", "::usleep(10);\n"},
      {"lib/sink/a.hpp", "#pragma once\nclass SinkManager {};\n"},
      {"lib/sink/a.hpp", "#pragma once\nstruct LineHandler;\n"},
      {"lib/sink/a.cpp", "// TODO: later\n"},
      {"lib/sink/a.hpp", "int i;\n"},
      {"lib/sink/a.cpp", std::string(101, 'x') + "\n"},
      {"lib/sink/a.cpp", lines(401)},
      {"CHANGELOG.md", "# Changelog\n## [0.1.0]\n"},
      {"docs/A.md", "Run `/home/jo/nodeportd/scripts/test`.\n"},
      {"README.md", "See ../shared for more.\n"},
  }));
  INFO(bad.path << ": " << bad.text.substr(0, 80));
  CHECK(complaints_about({bad.path, bad.text}).size() == 1);
}

TEST_CASE("what keeps the rules is not complained about") {
  const auto good = GENERATE(values<Case>({
      {"lib/match/a.cpp", "#include \"match/rule_set.hpp\"\n#include \"model/rule.hpp\"\n"},
      {"lib/model/a.cpp", "#include \"base/clock.hpp\"\n"},
      {"daemon/engine/pipeline.cpp",
       "#include \"source/follower.hpp\"\n#include \"sink/sink.hpp\"\n"},
      {"lib/base/yaml.cpp", "#include <yaml-cpp/parser.h>\n"},
      {"lib/base/clock.cpp", "return std::chrono::steady_clock::now();\n"},
      {"tests/unit/sink/a_test.cpp", "#include \"support/temp_dir.hpp\"\n#include <openssl/x.h>\n"},
      {"lib/sink/a.cpp", "waker_.sleep(timeout);  // ::now() is not asked\n"},
      {"lib/sink/a.cpp", lines(400)},
      {"docs/A.md", std::string(200, 'x') + " /var/lib/nodeportd\n"},
      {"lib/sink/a.cpp",
       "// ─────────────────────────────────────────────────────────────────────\n"},
  }));
  INFO(good.path << ": " << good.text.substr(0, 80));
  CHECK(complaints_about({good.path, good.text}).empty());
}

TEST_CASE("every link between the documents leads somewhere") {
  static const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
  std::size_t links = 0;
  for (const SourceFile& file : files_of_the_house({".md"})) {
    const std::sregex_iterator end;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), link); it != end; ++it) {
      ++links;
      const fs::path target = kRoot / fs::path(file.path).parent_path() / (*it)[1].str();
      INFO(file.path << " links to " << (*it)[1].str());
      CHECK(fs::exists(target));
    }
  }
  CHECK(links > 5);
}

}  // namespace
}  // namespace nodeportd::test
