#include "config/defaults.hpp"

#include <catch2/catch.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "support/config_schema.hpp"
#include "support/config_text.hpp"

using namespace nodeportd;
using nodeportd::test::load_text;

namespace {

const YamlSchema& explained_schema() {
  static const YamlSchema read = YamlSchema::parse(
      test::read_text(std::string(NODEPORTD_SOURCE_DIR) + "/config/schema/nodeportd.schema.json"));
  return read;
}

// Also a line of prose may begin with a word and a colon.
bool is_key(const std::string& word) {
  static const std::set<std::string> known = [] {
    std::set<std::string> names = {"user.username", "X-Cluster", "X-Api-Key"};
    for (const test::SchemaPlace& place : test::config_places(explained_schema())) {
      for (const auto& [key, described] : place.keys) names.emplace(key);
    }
    const YamlNode& exception = *explained_schema().root().find("definitions")->find("exception");
    for (const auto& [key, described] : explained_schema().keys(exception, "")) {
      names.emplace(key);
    }
    return names;
  }();
  return known.contains(word);
}

// With every key live that stands behind a `#`, or behind two.
std::string switched_on(const std::string& text) {
  static const std::regex off("^( *)# ( *)(# )?((- )?([A-Za-z_.-]+):( .*)?)$");
  static const std::regex deep_off("^( *)# ( *)# ( *[A-Za-z_.-]+:( .*)?)$");
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, off) && is_key(found[6])) {
      line = found[1].str() + found[2].str() + found[4].str();
    } else if (std::regex_match(line, found, deep_off)) {
      std::string key = found[3].str();
      key = key.substr(key.find_first_not_of(' '));
      if (is_key(key.substr(0, key.find(':')))) {
        line = found[1].str() + found[2].str() + found[3].str();
      }
    }
    result += line + "\n";
  }
  return result;
}

}  // namespace

TEST_CASE("the defaults that are printed are a config, and change nothing") {
  const std::string text = commented_defaults(explained_schema());
  const LoadedConfig printed = load_text(text);
  for (const Problem& problem : printed.problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(printed.problems.empty());
  const LoadedConfig least = load_text(
      "sources: [{audit_log: /var/log/kubernetes/audit/audit.log}]\n"
      "sinks: [{name: alerts, type: file, path: /var/log/nodeportd/alerts.jsonl}]\n");
  CHECK(printed.config == least.config);
}

TEST_CASE("what stands behind a # there is right once it is made live") {
  const LoadedConfig loaded = load_text(switched_on(commented_defaults(explained_schema())));
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(loaded.problems.empty());
  CHECK(loaded.config.sinks.size() == 3);
  CHECK(loaded.config.exceptions.items.size() == 1);
  CHECK(loaded.config.exceptions.items.at(0).entries.size() == 5);
  CHECK(loaded.config.node == "control-plane-1");
  const auto& webhook = std::get<WebhookSinkConfig>(loaded.config.sinks.at(2).target);
  CHECK(webhook.key_file == "/etc/nodeportd/client-key.pem");
  CHECK(webhook.headers_file.size() == 1);
}

TEST_CASE("every key is among them, and is explained") {
  const std::string text = commented_defaults(explained_schema());
  for (const test::SchemaPlace& place : test::config_places(explained_schema())) {
    for (const auto& [key, described] : place.keys) {
      INFO(place.name << " " << key);
      CHECK(text.find(' ' + std::string(key) + ':') + text.find('\n' + std::string(key) + ':') !=
            2 * std::string::npos);
    }
  }
  CHECK(text.find("# threads that inspect lines, the one that reads among them.") !=
        std::string::npos);
  CHECK(text.find("bytes read at a time [64KiB to 4MiB]") != std::string::npos);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 104);
}
