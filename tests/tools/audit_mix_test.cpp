#include "bench/audit_mix.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time_text.hpp"
#include "decode/audit_decoder.hpp"
#include "decode/service_write.hpp"
#include "model/exposure.hpp"

namespace nodeportd::test {
namespace {

struct Mix {
  std::vector<std::string> lines;
  std::vector<std::pair<std::size_t, TrueEvent>> truth;  // with the line's number
};

Mix mix_of(AuditMix::Plan plan, std::size_t lines) {
  plan.start = *parse_time("2026-11-24T09:00:00Z");
  AuditMix source(plan);
  Mix mix;
  for (std::size_t i = 0; i < lines; ++i) {
    std::string& line = mix.lines.emplace_back();
    if (auto event = source.append_next(line)) mix.truth.emplace_back(i, std::move(*event));
  }
  return mix;
}

std::size_t count(const std::vector<std::string>& lines, std::string_view word) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.find(word) != std::string::npos; }));
}

AuditMix::Plan many_exposures() {
  return {.service_writes_per_million = 500'000,
          .service_writes = {.exposures_per_million = 500'000}};
}

}  // namespace

TEST_CASE("the same seed gives the same log, another seed another") {
  const Mix mix = mix_of(many_exposures(), 500);
  CHECK(mix.lines == mix_of(many_exposures(), 500).lines);
  AuditMix::Plan other = many_exposures();
  other.seed = 2;
  CHECK(mix.lines != mix_of(other, 500).lines);
}

TEST_CASE("lines are as long, and writes of Services as frequent, as in a cluster") {
  Mix mix = mix_of({}, 20'000);
  std::size_t writes = 0;
  for (const std::string& line : mix.lines) {
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    writes += line.find(R"("objectRef":{"resource":"services","namespace":"team-)") != line.npos;
  }
  CHECK(writes > 500);
  CHECK(writes < 700);
  const std::size_t ampersands = count(mix.lines, "\\u0026");
  CHECK(ampersands > 5'500);
  CHECK(ampersands < 7'800);
  std::sort(mix.lines.begin(), mix.lines.end(),
            [](const auto& a, const auto& b) { return a.size() < b.size(); });
  CHECK(mix.lines[10'000].size() > 1'300);
  CHECK(mix.lines[10'000].size() < 1'700);
  CHECK(mix.lines[19'800].size() > 15'000);
  CHECK(mix.lines[19'800].size() < 25'000);
  CHECK(mix.lines.back().size() > 490'000);
  CHECK(mix.lines.back().size() < 520'000);
}

TEST_CASE("a hostile log names NodePort or hides letters in a third of its lines") {
  const auto third = [](const std::vector<std::string>& lines) {
    return count(lines, "NodePort") + count(lines, "\\u0041") + count(lines, "service-");
  };
  CHECK(third(mix_of({}, 3'000).lines) < 300);
  CHECK(third(mix_of({.mood = AuditMix::Mood::hostile}, 3'000).lines) > 1'000);
}

TEST_CASE("each event of the truth stands in the log, as a service write with what it tells") {
  const Mix mix = mix_of(many_exposures(), 1'000);
  REQUIRE(mix.truth.size() > 200);
  std::map<std::string_view, std::size_t> ways;
  std::set<std::string> services;
  AuditDecoder decoder;
  ServiceWriteReader reader;
  for (const auto& [number, told] : mix.truth) {
    ++ways[told.way];
    services.insert(told.service);
    INFO(mix.lines[number]);
    std::string_view line = mix.lines[number];
    line.remove_suffix(1);
    const auto event = decoder.decode(line);
    REQUIRE(event);
    CHECK(event->root.find("auditID")->text == told.audit_id);
    std::vector<ServiceWrite> writes;
    reader.read(*event, writes);
    REQUIRE(writes.size() == 1);
    const Exposure& exposure = writes[0].exposure;
    CHECK(to_text(exposure.outcome) == told.outcome);
    CHECK(exposure.name == told.service);
    CHECK(exposure.ns == told.name_space);
    const auto& ports = exposure.doors.node_ports;
    if (!told.port.empty()) {
      REQUIRE(ports.size() == 1);
      CHECK(std::to_string(ports[0].number.value_or(0)) == told.port);
    }
  }
  CHECK(ways.size() == 15);
  CHECK(services.size() == mix.truth.size());
}

TEST_CASE("so many Services as are asked for are opened, all with success") {
  AuditMix::Plan plan = many_exposures();
  plan.service_writes.services = 20;
  std::set<std::string> services;
  const Mix mix = mix_of(plan, 1'000);
  for (const auto& [number, told] : mix.truth) {
    services.insert(told.service);
    CHECK(told.outcome == "succeeded");
  }
  CHECK(services.size() == 20);
}

}  // namespace nodeportd::test
