#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/yaml.hpp"
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace nodeportd::test {

inline const std::string kSupport = NODEPORTD_TEST_SUPPORT;

// Authority and certificates, made once a run.
inline const TempDir& certificates() {
  static const TempDir dir;
  static const int status =
      ChildProcess({"sh", kSupport + "/make_certificates.sh", dir.path().string()}).wait();
  REQUIRE(status == 0);
  return dir;
}

// A server that plays `replies`, see https_server.py.
class HttpServer {
 public:
  // `certificate` names one of certificates(); empty: plain HTTP.
  explicit HttpServer(const std::string& replies, const std::string& certificate = "",
                      const std::string& client_ca = "")
      : process_(start(replies, certificate, client_ca)) {
    REQUIRE(eventually([&] { return std::filesystem::exists(dir_ / "port"); }));
    port_ = read_text(dir_ / "port");
  }

  [[nodiscard]] const std::string& port() const { return port_; }
  [[nodiscard]] bool has_babbled() const { return std::filesystem::exists(dir_ / "babbled"); }
  // A line of JSON each, which is YAML too.
  [[nodiscard]] std::vector<YamlNode> requests() const {
    std::vector<YamlNode> requests;
    std::istringstream lines(read_text(dir_ / "requests"));
    for (std::string line; std::getline(lines, line);) {
      Problems problems;
      std::vector<YamlNode> documents = parse_yaml(line, "requests", problems);
      REQUIRE(problems.empty());
      requests.push_back(std::move(documents.at(0)));
    }
    return requests;
  }

 private:
  ChildProcess start(const std::string& replies, const std::string& certificate,
                     const std::string& client_ca) {
    write_text(dir_ / "replies", replies);
    std::vector<std::string> command = {"python3", kSupport + "/https_server.py",
                                        dir_.path().string()};
    if (!certificate.empty()) {
      command.push_back(certificates() / (certificate + ".crt"));
      command.push_back(certificates() / (certificate + ".key"));
    }
    if (!client_ca.empty()) command.push_back(certificates() / (client_ca + ".crt"));
    return ChildProcess(command);
  }

  TempDir dir_;
  ChildProcess process_;
  std::string port_;
};

}  // namespace nodeportd::test
