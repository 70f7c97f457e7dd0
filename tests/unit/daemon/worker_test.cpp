#include "daemon/engine/worker.hpp"

#include <catch2/catch.hpp>

#include "base/time_text.hpp"
#include "base/yaml.hpp"
#include "daemon/setup.hpp"

namespace nodeportd {
namespace {

std::string creation(const std::string& audit_id) {
  return R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":")" + audit_id +
         R"(","stage":"ResponseComplete","verb":"create","user":{"username":"alice"},)"
         R"("objectRef":{"resource":"services","name":"web"},)"
         R"("requestObject":{"spec":{"type":"NodePort"}},"responseStatus":{"code":201},)"
         R"("stageTimestamp":"2026-11-24T10:00:00.000000Z"})";
}

// The rules that nodeportd ships.
std::shared_ptr<const RuleSet> rules_under(const std::string& exceptions) {
  Problems problems;
  auto rules = compile_rules({}, problems);
  const auto documents = parse_yaml(exceptions, "c.yaml", problems);
  auto loaded = load_exceptions(documents.at(0), "c.yaml", rules, problems);
  REQUIRE(problems.empty());
  return std::make_shared<const RuleSet>(std::move(rules), std::move(loaded));
}

struct Bench {
  explicit Bench(const std::string& exceptions = "[]")
      : rules(rules_under(exceptions)),
        scan(rules->literals(), rules->words_besides()),
        worker(*rules, scan) {}

  const std::vector<Match>& examine(const std::vector<std::string>& lines, bool oversize = false) {
    texts = lines;
    batch.clear();
    batch.end.stream = "/logs/audit.log";
    std::uint64_t offset = 0;
    for (const std::string& text : texts) {
      Record record;
      record.text = text;
      record.offset = offset;
      record.oversize = oversize;
      batch.records.push_back(record);
      offset += text.size() + 1;
    }
    worker.examine(batch);
    return batch.matches;
  }
  [[nodiscard]] bool is_blind_spot(const Match& match, const std::string& reason) const {
    return rules->catalog()[match.rule].id == builtin::line_uninspectable().id &&
           match.groups.at(0).at(1) == reason;
  }

  std::shared_ptr<const RuleSet> rules;
  Scan scan;
  Worker worker;
  std::vector<std::string> texts;
  Batch batch;
};

}  // namespace

TEST_CASE("a line that can match no rule is not decoded, one that can is") {
  Bench bench;
  const auto& matches = bench.examine({R"({"kind":"Event","verb":"list"})", creation("a")});
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].event.audit_id == "a");
  CHECK(matches[0].event.offset == 31);
  CHECK(matches[0].event.source == "/logs/audit.log");
  CHECK(bench.batch.tally.records == 2);
  CHECK(bench.batch.tally.decoded == 1);
}

TEST_CASE("a service write is told with its matches, and history is left to the ledger's thread") {
  Bench bench;
  const auto& matches = bench.examine({R"({"kind":"Event","verb":"list"})", creation("a")});
  REQUIRE(bench.batch.writes.size() == 1);
  const ServiceWrite& write = bench.batch.writes[0];
  CHECK(write.record == 1);
  CHECK(write.event == 0);
  CHECK(write.undecided == ServiceWrite::Undecided::if_eventful);  // did it open something?
  CHECK(write.exposure.outcome == Exposure::Outcome::succeeded);
  CHECK(write.exposure.opened.empty());
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].write == 0U);
}

TEST_CASE("a torn line is told, and the event that is glued to it is found") {
  Bench bench;
  const std::string torn = creation("torn").substr(0, 150);
  const auto& matches = bench.examine({torn + creation("glued")});
  REQUIRE(matches.size() == 2);
  CHECK(bench.is_blind_spot(matches[0], "torn"));
  CHECK(matches[0].event.audit_id == "torn");
  CHECK(matches[1].event.audit_id == "glued");
  CHECK(matches[1].event.offset == torn.size());
  CHECK(bench.batch.tally.uninspectable == 1);
  WorkerCounters counters;
  counters.add(bench.batch);
  CHECK(counters.rejects[static_cast<std::size_t>(Reject::torn)].get() == 1);
  CHECK(counters.rejects[static_cast<std::size_t>(Reject::cut)].get() == 0);
}

TEST_CASE("two events that lost only the newline between them are both found") {
  Bench bench;
  const auto& matches = bench.examine({creation("one") + creation("two")});
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].event.audit_id == "one");
  CHECK(matches[1].event.audit_id == "two");
  CHECK(bench.batch.tally.uninspectable == 0);
}

TEST_CASE("a line that is cut for good is a blind spot with its event's name and time") {
  Bench bench;
  const auto& matches = bench.examine({creation("cut")}, true);
  REQUIRE(matches.size() == 1);
  CHECK(bench.is_blind_spot(matches[0], "oversize"));
  CHECK(matches[0].event.audit_id == "cut");
  CHECK(format_time(matches[0].event.time) == "2026-11-24T10:00:00.000000Z");
}

TEST_CASE("a cut line that tells no time is told although an exception once covered it") {
  Bench bench("- {name: a, rules: [" + std::string(builtin::line_uninspectable().id) +
              "], condition: {reason: oversize}, reason: r, until: 2020-01-01T00:00:00Z}\n");
  const auto& matches = bench.examine({R"({"auditID":"cut","requestObject":{"a)"}, true);
  REQUIRE(matches.size() == 1);
  CHECK(bench.is_blind_spot(matches[0], "oversize"));
  CHECK(matches[0].exception == Match::kNoException);
}

TEST_CASE("of a line that is cut for good no piece is taken for an event") {
  Bench bench;
  // A client chooses what its objects hold: another event, whole, at either end of what is kept.
  const std::string inner = creation("inner");
  const auto text = GENERATE_COPY(R"({"auditID":"outer","requestObject":)" + inner,
                                  R"({"auditID":"outer","requestObject":{"a":1}})" + inner,
                                  inner + R"(,"auditID":"outer"})");
  const auto& matches = bench.examine({text, creation("next")}, true);
  REQUIRE(matches.size() == 2);
  for (const Match& match : matches) CHECK(bench.is_blind_spot(match, "oversize"));
  CHECK(bench.batch.tally.decoded == 0);
  CHECK(bench.batch.writes.empty());
}

TEST_CASE("a line nested deeper than the apiserver takes is a blind spot, not a reject") {
  Bench bench;
  const auto& matches =
      bench.examine({R"({"requestObject":"NodePort","x":)" + std::string(20'000, '[')});
  REQUIRE(matches.size() == 1);
  CHECK(bench.is_blind_spot(matches[0], "too_deep"));
}

}  // namespace nodeportd
