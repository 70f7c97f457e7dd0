#include "config/effective.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "base/yaml_text.hpp"
#include "support/config_schema.hpp"
#include "support/config_text.hpp"

using namespace nodeportd;
using nodeportd::test::load_text;

namespace {

const YamlSchema& shown_schema() {
  static const YamlSchema read = YamlSchema::parse(
      test::read_text(std::string(NODEPORTD_SOURCE_DIR) + "/config/schema/nodeportd.schema.json"));
  return read;
}

LoadedConfig load_with_variables(const std::string& text) {
  const test::TempDir dir;
  test::write_text(dir / "c.yaml", text);
  LoadedConfig loaded =
      load_config(dir / "c.yaml", [](const std::string& name) -> std::optional<std::string> {
        if (name == "CLUSTER") return "a: b # c";
        if (name == "NUMBER") return "007";
        if (name == "SECRET") return "swordfish";
        if (name == "HOOK") return "https://hooks.example";
        return std::nullopt;
      });
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(loaded.problems.empty());
  return loaded;
}

std::string shown(const std::string& text) {
  return to_yaml(effective_config(load_with_variables(text), shown_schema()).config);
}

const std::string kSource = "sources: [{audit_log: /a.log}]\n";
const std::string kSink = "sinks: [{name: s, type: file, path: /s}]\n";

}  // namespace

TEST_CASE("a config as it is shown loads again and is the same") {
  const auto text = GENERATE_COPY(values<std::string>({
      kSource + kSink,
      "cluster: ${CLUSTER}\nnode: ${NUMBER}\n" + kSource + kSink,
      kSource + kSink + "pipeline: {workers: 12, memory_limit: 256MiB}\n",
      kSource + kSink + "pipeline:\nlookout: {silenced: source.silent}\nrules: [a, ../b]\n",
      "sources: [{audit_log: /a, start_at: end}, {audit_log: /b*}]\n" + kSink,
      kSource + kSink +
          "exceptions:\n"
          "  - {name: e, rules: '*',\n"
          "     condition: [{code: '403', number: 403, text|re: '^a: \"b\"$$'}, keyword],\n"
          "     reason: '$${NUMBER} is no variable', until: 2027-01-01T00:00:00Z}\n",
      kSource +
          "sinks:\n"
          "  - {name: f, type: file, path: '-', mode: '0640', rotate_size: 1MiB, heartbeat: 5m}\n"
          "  - {name: l, type: syslog}\n"
          "  - {name: u, type: syslog, transport: udp, address: '[::1]:514', phases: first}\n"
          "  - {name: w, type: webhook, url: 'https://h:1/', retry: {max: 1h},\n"
          "     headers_file: {X-Key: /k}, bearer_token_file: /t}\n",
  }));
  const LoadedConfig before = load_with_variables(text);
  const EffectiveConfig effective = effective_config(before, shown_schema());
  CHECK(effective.masked == 0);
  const std::string written = to_yaml(effective.config);
  CAPTURE(written);
  const LoadedConfig after = load_text(written);
  for (const Problem& problem : after.problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(after.problems.empty());
  CHECK(after.config == before.config);
}

TEST_CASE("every key that has a default or was chosen is shown") {
  const YamlNode config =
      effective_config(load_with_variables(kSource + kSink), shown_schema()).config;
  for (const test::SchemaPlace& place : test::config_places(shown_schema())) {
    const YamlNode* shown_at = nullptr;
    if (place.name == "the config") shown_at = &config;
    if (place.name == "a source") shown_at = &config.find("sources")->items.at(0);
    if (place.name == "a file sink") shown_at = &config.find("sinks")->items.at(0);
    if (place.name.front() == '\'' && place.name != "'retry'") {
      shown_at = config.find(place.name.substr(1, place.name.size() - 2));
    }
    if (shown_at == nullptr) continue;
    for (const auto& [key, described] : place.keys) {
      if (shown_schema().find(*described, "default") == nullptr) continue;
      INFO(place.name << " " << key);
      CHECK(shown_at->find(key) != nullptr);
    }
  }
  CHECK_FALSE(config.find("node")->scalar.empty());
  CHECK(config.find("pipeline")->find("batches")->scalar == "16");
  CHECK(config.find("aggregate")->find("max_bytes")->scalar == "33554432");
}

TEST_CASE("what only check refuses, an exception's unknown key, is shown") {
  const std::string text =
      shown(kSource + kSink + "exceptions: [{name: e, resaon: r, condition: [k]}, 7]\n");
  CHECK(text.find("resaon: r") != std::string::npos);
  CHECK(text.find("- 7") != std::string::npos);
}

TEST_CASE("the values of headers are never shown") {
  const std::string text = shown(kSource +
                                 "sinks: [{name: w, type: webhook, url: 'https://h',\n"
                                 "  headers: {X-A: plainsecret, X-B: '${SECRET}'}}]\n");
  CHECK(text.find("secret") == std::string::npos);
  CHECK(text.find("swordfish") == std::string::npos);
  CHECK(text.find("X-A: \"********\"") != std::string::npos);
  CHECK(text.find("X-B: \"********\"") != std::string::npos);
}

TEST_CASE("of a URL the host is shown, and nothing that may be a secret") {
  const auto [url, expected] = GENERATE(table<std::string, std::string>({
      {"https://h.example", "https://h.example"},
      {"http://h.example:8080/", "http://h.example:8080/"},
      {"https://h.example/services/T0/swordfish", "https://h.example/********"},
      {"https://h.example?token=swordfish", "https://h.example/********"},
      {"https://[::1]:1/?a", "https://[::1]:1/********"},
      {"${HOOK}", "********"},
      {"https://h.example/${SECRET}", "********"},
      {"https://${SECRET}.example/", "********"},
  }));
  const LoadedConfig loaded =
      load_with_variables(kSource + "sinks: [{name: w, type: webhook, url: '" + url + "'}]\n");
  const EffectiveConfig effective = effective_config(loaded, shown_schema());
  const YamlNode& sink = effective.config.find("sinks")->items.at(0);
  CHECK(sink.find("url")->scalar == expected);
  CHECK(effective.masked == (url == expected ? 0U : 1U));
}

TEST_CASE("a secret is masked behind an alias too") {
  const std::string text = shown(kSource +
                                 "sinks:\n"
                                 "  - {name: a, type: webhook, url: 'https://h', "
                                 "headers: &all {X-A: swordfish}}\n"
                                 "  - {name: b, type: webhook, url: 'https://h', headers: *all}\n");
  CHECK(text.find("swordfish") == std::string::npos);
}
