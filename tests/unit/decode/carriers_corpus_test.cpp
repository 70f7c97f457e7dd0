#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "unit/decode/reading.hpp"

namespace nodeportd {
namespace {

// Events and refusals of a record.
struct Tally {
  int events = 0;
  int refused = 0;
};

Tally tally_of(const std::string& record) {
  Tally tally;
  for (const std::string& part : test::read_parts(record)) {
    ++(part.starts_with('{') ? tally.events : tally.refused);
  }
  return tally;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("recorded carriers are read without a refusal that has no explanation") {
  const std::filesystem::path corpus = NODEPORTD_CORPUS;
  if (!std::filesystem::exists(corpus)) {
    WARN("skipped: " << corpus << " is not there");
    return;
  }
  struct Row {
    const char* file;
    int events;
  };
  // Printed over many lines, each file is one record. ViaQ's host and ovn records are no audit
  // events but objects all the same; the OTLP ones hold other logs' text.
  for (const Row& row : {Row{"viaq_audit_kubernetes.json", 1}, Row{"viaq_audit_openshift.json", 1},
                         Row{"viaq_audit_host.json", 1}, Row{"viaq_audit_ovn.json", 1},
                         Row{"otlp_audit_kube.json", 3}, Row{"otlp_audit_openshift.json", 3},
                         Row{"otlp_audit_host.json", 0}, Row{"otlp_audit_ovn.json", 0},
                         Row{"raw_audit_kubernetes.json", 1}, Row{"raw_audit_openshift.json", 1},
                         Row{"raw_audit_oauth-apiserver.json", 1}, Row{"log5607_sample.json", 1}}) {
    CAPTURE(row.file);
    const Tally tally = tally_of(content_of(corpus / "openshift" / row.file));
    CHECK(tally.events == row.events);
    CHECK(tally.refused == 0);
  }
  Tally all;
  std::ifstream file(corpus / "gitops-reverser" / "events.jsonl");
  for (std::string line; std::getline(file, line);) {
    const Tally tally = tally_of(line);
    CHECK(tally.events >= 1);
    all.events += tally.events;
    all.refused += tally.refused;
  }
  CHECK(all.events >= 29);
  CHECK(all.refused == 0);
  // auditd's log is another log.
  CHECK(tally_of(content_of(corpus / "openshift" / "raw_auditd.log")).refused == 1);
}

TEST_CASE("recorded ViaQ and OTLP events have the audit event's level and fields") {
  const std::filesystem::path corpus = NODEPORTD_CORPUS;
  if (!std::filesystem::exists(corpus)) {
    WARN("skipped: " << corpus << " is not there");
    return;
  }
  const auto parts_of = [&](const char* file) {
    return test::read_parts(content_of(corpus / "openshift" / file));
  };
  for (const char* file : {"viaq_audit_kubernetes.json", "viaq_audit_openshift.json",
                           "otlp_audit_kube.json", "raw_audit_kubernetes.json"}) {
    CAPTURE(file);
    const std::string shown = parts_of(file).front();
    CHECK(shown.find(",level='Metadata'") != std::string::npos);
    CHECK(shown.find("level='default'") == std::string::npos);
  }
}

}  // namespace nodeportd
