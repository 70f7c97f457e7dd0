// The second look at service writes: on one thread, in the order of the log.
#include "daemon/engine/review.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "bench/audit_mix.hpp"
#include "daemon/engine/worker.hpp"
#include "daemon/setup.hpp"

namespace nodeportd {
namespace {

class Nothing final : public ExposureShelf {
 public:
  std::optional<KnownService> find_service(const std::string&, const std::string&,
                                           const std::string&) override {
    return std::nullopt;
  }
  std::vector<AuditIdUse> audit_ids() override { return {}; }
};

std::string write_line(const std::string& verb, const std::string& audit_id,
                       const std::string& port) {
  return R"({"auditID":")" + audit_id + R"(","stage":"ResponseComplete","verb":")" + verb +
         R"(","user":{"username":"eve"},"objectRef":{"resource":"services","namespace":"web",)" +
         R"("name":"shop"},"responseStatus":{"code":200},"requestObject":{"spec":{}},)" +
         R"("responseObject":{"kind":"Service","metadata":{"name":"shop","uid":"u"},)" +
         R"("spec":{"type":"NodePort","ports":[{"port":80,"nodePort":)" + port +
         R"(}]}},"stageTimestamp":"2026-11-24T10:00:00Z"})";
}

struct Bench {
  Bench()
      : rules(load_rules({}, problems)),
        scan(rules->literals(), rules->words_besides()),
        worker(*rules, scan),
        review(*rules, "prod", nothing) {}

  // The titles of the rules that match, with the auditID of their event, in order.
  std::vector<std::string> settle(const std::vector<std::string>& lines) {
    texts = lines;
    batch.clear();
    std::uint64_t offset = 0;
    for (const std::string& text : texts) {
      batch.records.push_back({.text = text, .offset = offset});
      offset += text.size() + 1;
    }
    worker.examine(batch);
    review.settle(batch);
    std::vector<std::string> told;
    for (const Match& match : batch.matches) {
      told.push_back(match.event.audit_id + ": " + rules->catalog()[match.rule].name);
    }
    return told;
  }

  Problems problems;
  std::shared_ptr<const RuleSet> rules;
  Scan scan;
  Worker worker;
  Nothing nothing;
  Review review;
  std::vector<std::string> texts;
  Batch batch;
};

using Told = std::vector<std::string>;
const std::string kOpened = ": Kubernetes Service opened to the outside";

}  // namespace

TEST_CASE("a rule that asks for history is asked once that is settled") {
  Bench bench;
  REQUIRE(bench.problems.empty());
  CHECK(bench.settle({write_line("update", "a", "31000"), write_line("update", "b", "31000"),
                      write_line("update", "c", "31001")}) == Told{"a" + kOpened, "c" + kOpened});
  REQUIRE(bench.batch.matches.size() == 2);
  const Match& match = bench.batch.matches[1];
  const Exposure& facts = bench.batch.writes[*match.write].exposure;
  CHECK(facts.before == Exposure::Before::open);
  CHECK(facts.opened.node_ports.at(0).number == 31001U);
  CHECK(match.event.offset == bench.batch.records[2].offset);
  // History goes on from batch to batch.
  CHECK(bench.settle({write_line("update", "d", "31001")}).empty());
}

TEST_CASE("one request is told by one rule, and matches stay in the order of the log") {
  Bench bench;
  const std::string creation =
      R"({"auditID":"x","verb":"create","objectRef":{"resource":"services","name":"other"},)"
      R"("requestObject":{"spec":{"type":"NodePort","ports":[{"port":1}]}},)"
      R"("responseStatus":{"code":201}})";
  const std::string torn = R"({"auditID":"t","verb":"create","requestObject":"NodePort)";
  CHECK(bench.settle({write_line("update", "a", "31000"), creation, torn,
                      write_line("update", "b", "31001")}) ==
        Told{"a" + kOpened, "x: Kubernetes Node Port Creation",
             "t: An audit log line could not be inspected", "b" + kOpened});
}

TEST_CASE("of the writes that change nothing none is read a second time") {
  constexpr std::size_t kWrites = 2'000;
  const auto exposures = GENERATE(std::uint64_t{0}, std::uint64_t{50'000});
  test::AuditMix mix({.service_writes_per_million = 1'000'000,
                      .service_writes = {.exposures_per_million = exposures},
                      .big_line = 0});
  Bench bench;
  std::uint64_t truths = 0;
  std::uint64_t writes = 0;
  for (std::size_t i = 0; i < kWrites; ++i) {
    std::string line;
    if (mix.append_next(line)) ++truths;
    (void)bench.settle({line});
    writes += bench.batch.writes.size();
  }
  CHECK(writes >= kWrites);
  CHECK((truths > 0) == (exposures > 0));
  // Some of the rest are told by rules that ask for no history.
  CHECK((bench.review.reread() > 0) == (truths > 0));
  CHECK(bench.review.reread() <= truths);
}

TEST_CASE("of several events in a record the one that was asked for is looked at again") {
  Bench bench;
  CHECK(bench.settle(
            {R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)" +
             write_line("update", "a", "31000") + "," + write_line("update", "b", "31000") + "," +
             write_line("update", "c", "31001") + "]}"}) == Told{"a" + kOpened, "c" + kOpened});
}

}  // namespace nodeportd
