#include "daemon/run/confined_paths.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "support/temp_dir.hpp"

using namespace nodeportd;
using nodeportd::test::TempDir;
using nodeportd::test::write_text;

namespace {

namespace fs = std::filesystem;

Config config_in(const TempDir& dir) {
  Config config;
  config.rules = {dir / "rules"};
  config.state.directory = dir / "state";
  config.admin_socket = dir / "run/admin.sock";
  config.sources = {{.audit_log = dir / "logs/audit.log"}};
  for (const char* folder : {"config", "rules", "state", "run", "logs", "sinks", "other"}) {
    fs::create_directory(dir / folder);
  }
  return config;
}

SinkConfig sink_of(FileSinkConfig file) {
  SinkConfig sink;
  sink.target = std::move(file);
  return sink;
}
SinkConfig sink_of(WebhookSinkConfig webhook) {
  SinkConfig sink;
  sink.target = std::move(webhook);
  return sink;
}

class Confined {
 public:
  Confined(const TempDir& dir, const Config& config)
      : paths_(confined_paths(config, dir / "config/nodeportd.yaml")) {}

  bool reads(const std::string& path) const { return has({path, FileAccess::read}); }
  bool writes(const std::string& path) const { return has({path, FileAccess::write}); }
  bool has(const AllowedPath& path) const {
    return std::binary_search(paths_.allowed.begin(), paths_.allowed.end(), path);
  }
  std::size_t writable() const {
    return static_cast<std::size_t>(
        std::count_if(paths_.allowed.begin(), paths_.allowed.end(),
                      [](const AllowedPath& each) { return each.access == FileAccess::write; }));
  }
  const std::vector<std::string>& missing() const { return paths_.missing; }

 private:
  ConfinedPaths paths_;
};

}  // namespace

TEST_CASE("the state is written; logs, rules and config are read; the socket's folder is neither") {
  const TempDir dir;
  const Confined confined(dir, config_in(dir));
  for (const char* folder : {"config", "rules", "logs"}) CHECK(confined.reads(dir / folder));
  CHECK(confined.writes(dir / "state"));
  CHECK(confined.has({dir / "run", FileAccess::sockets}));
  CHECK(confined.writable() == 1);
  CHECK(confined.missing().empty());
  CHECK_FALSE(confined.reads("/etc"));
  CHECK_FALSE(confined.reads("/etc/resolv.conf"));
  CHECK_FALSE(confined.reads("/etc/ssl/certs"));
}

TEST_CASE("a log that is a link brings the folder where it leads") {
  const TempDir dir;
  const Config config = config_in(dir);
  write_text(dir / "other/audit.log", "");
  fs::create_symlink(dir / "other/audit.log", dir / "logs/audit.log");
  const Confined confined(dir, config);
  CHECK(confined.reads(dir / "logs"));
  CHECK(confined.reads(dir / "other"));
}

TEST_CASE("a pattern brings the folder before its first wildcard") {
  const TempDir dir;
  Config config = config_in(dir);
  config.sources = {{.audit_log = dir / "logs/*/audit*.log"}};
  CHECK(Confined(dir, config).reads(dir / "logs"));
}

TEST_CASE("a container's log brings the folders into which the kubelet links") {
  const TempDir dir;
  Config config = config_in(dir);
  CHECK_FALSE(Confined(dir, config).reads("/var/log/pods"));
  config.sources = {{.audit_log = "/var/log/containers/kube-apiserver-*.log"}};
  CHECK(Confined(dir, config).reads("/var/log/pods"));
  CHECK(Confined(dir, config).reads("/var/lib/docker/containers"));
}

TEST_CASE("of a log's folder that is not there the nearest above is read, never one of all") {
  const TempDir dir;
  Config config = config_in(dir);
  config.sources = {{.audit_log = dir / "logs/not/yet/audit.log"}, {.audit_log = "/none/at/all"}};
  const Confined confined(dir, config);
  CHECK(confined.reads(dir / "logs"));
  CHECK_FALSE(confined.reads("/"));
  CHECK(confined.missing() == std::vector<std::string>{"/none"});
}

TEST_CASE("secrets bring their folder, since they are renewed by renaming") {
  const TempDir dir;
  Config config = config_in(dir);
  WebhookSinkConfig webhook;
  webhook.ca_file = dir / "tls/ca.pem";
  webhook.bearer_token_file = dir / "token/token";
  webhook.headers_file = {{"X-Key", dir / "key/key"}};
  config.sinks = {sink_of(webhook)};
  const Confined confined(dir, config);
  for (const char* folder : {"tls", "token", "key"}) CHECK(confined.reads(dir / folder));
  CHECK(confined.reads("/etc/resolv.conf"));
  CHECK(confined.reads("/etc/ssl/certs"));
}

TEST_CASE("a folder with the keys of others is not read, only the file in it") {
  const TempDir dir;
  Config config = config_in(dir);
  WebhookSinkConfig webhook;
  webhook.ca_file = "/etc/kubernetes/pki/ca.crt";
  config.sinks = {sink_of(webhook)};
  config.audit_policy = dir / "other/policy.yaml";
  config.rules = {"/etc/rule.yml"};
  const Confined confined(dir, config);
  for (const char* folder : {"/etc/kubernetes/pki", "/etc/kubernetes", "/etc"}) {
    CHECK_FALSE(confined.reads(folder));
  }
  CHECK(confined.reads("/etc/kubernetes/pki/ca.crt"));
  CHECK(confined.reads("/etc/rule.yml"));
  CHECK(confined.reads(dir / "other/policy.yaml"));
  CHECK_FALSE(confined.reads(dir / "other"));
}

TEST_CASE(
    "a file sink's folder is written, of a device the file alone, of standard output nothing") {
  const TempDir dir;
  Config config = config_in(dir);
  config.sinks = {sink_of(FileSinkConfig{.path = dir / "sinks/alerts.jsonl"}),
                  sink_of(FileSinkConfig{.path = "/dev/stderr"}),
                  sink_of(FileSinkConfig{.path = "-"})};
  const Confined confined(dir, config);
  CHECK(confined.writes(dir / "sinks"));
  CHECK(confined.writes("/dev/stderr"));
  CHECK_FALSE(confined.writes("/dev"));
  CHECK(confined.writable() == 3);  // the state too
}

TEST_CASE("a folder of a sink that is not there is named, and none above it is written") {
  const TempDir dir;
  Config config = config_in(dir);
  config.sinks = {sink_of(FileSinkConfig{.path = dir / "none/alerts.jsonl"})};
  const Confined confined(dir, config);
  CHECK(confined.missing() == std::vector<std::string>{dir / "none"});
  CHECK_FALSE(confined.writes(dir.path().string()));
}
