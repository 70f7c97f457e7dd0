#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "config/load.hpp"
#include "support/config_schema.hpp"
#include "support/config_text.hpp"

using namespace nodeportd;
using nodeportd::test::read_text;

namespace {

const std::string kRoot = NODEPORTD_SOURCE_DIR;

LoadedConfig load_shipped(const std::string& path) {
  LoadedConfig loaded =
      load_config(path, [](const std::string& name) -> std::optional<std::string> {
        if (name == "NODE_NAME") return "node-1";
        return std::nullopt;
      });
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
  return loaded;
}

// The text with its `# key: value` lines made live, and prose left as it is.
std::string uncommented(const std::string& text) {
  static const std::regex commented("^( *)# ( *(- )?([a-z][A-Za-z_.]*|X-[A-Za-z-]+):( .*)?)$");
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    result += std::regex_replace(line, commented, "$1$2") + "\n";
  }
  return result;
}

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i) {
    found.insert((*i)[1]);
  }
  return found;
}

}  // namespace

TEST_CASE("every shipped config loads as it is") {
  const auto name = GENERATE(
      values<std::string>({"nodeportd.yaml", "nodeportd.minimal.yaml", "nodeportd.sidecar.yaml"}));
  const LoadedConfig loaded = load_shipped(kRoot + "/config/" + name);
  REQUIRE(loaded.problems.empty());
  CHECK_FALSE(loaded.config.sources.empty());
  CHECK_FALSE(loaded.config.sinks.empty());
}

TEST_CASE("no shipped config is left out of these tests") {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot + "/config")) {
    if (entry.path().extension() == ".yaml") names.insert(entry.path().filename().string());
  }
  // The policy is kube-apiserver's (policy_review_test.cpp), the kustomization is kubectl's
  // (tests/package/kubernetes_manifests.py).
  CHECK(names == std::set<std::string>{"audit-policy.yaml", "kustomization.yaml", "nodeportd.yaml",
                                       "nodeportd.minimal.yaml", "nodeportd.sidecar.yaml"});
}

TEST_CASE("the commented config is right with every comment made live, and shows the defaults") {
  const test::TempDir dir;
  test::write_text(dir / "c.yaml", uncommented(read_text(kRoot + "/config/nodeportd.yaml")));
  const LoadedConfig loaded = load_shipped(dir / "c.yaml");
  REQUIRE(loaded.problems.empty());
  const Config& config = loaded.config;
  CHECK(config.node == "control-plane-1");
  CHECK(config.exceptions.items.size() == 1);
  CHECK(config.sources.at(0) == SourceConfig{config.sources.at(0).audit_log});
  CHECK(config.pipeline == PipelineConfig{});
  CHECK(config.aggregate == AggregateConfig{});
  CHECK(config.state == StateConfig{});
  CHECK(config.audit_policy == "/etc/kubernetes/audit-policy.yaml");
  CHECK(config.admin_socket == Config{}.admin_socket);
  CHECK(config.log_level == Config{}.log_level);
  CHECK(config.confine == Config{}.confine);
  REQUIRE(config.sinks.size() == 3);
  const auto& file = std::get<FileSinkConfig>(config.sinks[0].target);
  CHECK(file == FileSinkConfig{file.path});
  CHECK(config.sinks[0].level == SinkConfig{}.level);
  CHECK(config.sinks[0].retry == RetryConfig{});
  CHECK(std::get<SyslogSinkConfig>(config.sinks[1].target) == SyslogSinkConfig{});
  const auto& webhook = std::get<WebhookSinkConfig>(config.sinks[2].target);
  CHECK(webhook.batch_size == WebhookSinkConfig{}.batch_size);
  CHECK(webhook.timeout == WebhookSinkConfig{}.timeout);
  CHECK(webhook.headers == WebhookSinkConfig::Headers{{"X-Cluster", "production"}});
}

TEST_CASE("every key of the schema is in the shipped config") {
  const std::string shipped = uncommented(read_text(kRoot + "/config/nodeportd.yaml"));
  const std::set<std::string> shown = all_matches(shipped, "([a-z_]+):");
  const YamlSchema schema =
      YamlSchema::parse(read_text(kRoot + "/config/schema/nodeportd.schema.json"));
  for (const test::SchemaPlace& place : test::config_places(schema)) {
    for (const auto& [key, described] : place.keys) {
      INFO(place.name << " " << key);
      CHECK(shown.count(std::string(key)) == 1);
    }
  }
}

TEST_CASE("every shipped file names its schema to the editor that opens it") {
  const auto begins = [](const std::string& path, const std::string& schema) {
    INFO(path);
    CHECK(read_text(path).starts_with(
        "# yaml-language-server: $schema=/usr/share/nodeportd/schema/" + schema + "\n"));
  };
  for (const char* name : {"nodeportd.yaml", "nodeportd.minimal.yaml", "nodeportd.sidecar.yaml"}) {
    begins(kRoot + "/config/" + name, "nodeportd.schema.json");
  }
  for (const auto& entry : std::filesystem::directory_iterator(kRoot + "/config/rules")) {
    begins(entry.path().string(), "nodeportd-rules.schema.json");
  }
}
