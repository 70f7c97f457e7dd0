#include "daemon/verbs/explainer.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>

#include "daemon/engine/each_batch.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs/explain_report.hpp"

namespace nodeportd {
namespace {

using Verdict = RuleExplanation::Verdict;

RuleSet load(const std::vector<std::string>& paths, std::vector<ExceptionSpec> exceptions = {}) {
  Problems problems;
  std::vector<CompiledRule> rules = compile_rules(paths, problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(problems.empty());
  return {std::move(rules), std::move(exceptions)};
}

// A batch of lines, taken and explained.
struct Bench {
  explicit Bench(const RuleSet& rules) : explainer(rules) {}

  ExplainedRecord explain(const std::vector<std::string>& lines) {
    texts = lines;
    batch.clear();
    for (const std::string& text : texts) batch.records.push_back({text, 0, 0, false});
    explainer.take(batch);
    return explainer.explain(batch, static_cast<std::uint32_t>(lines.size() - 1));
  }

  Explainer explainer;
  std::vector<std::string> texts;
  Batch batch;
};

std::string service(const std::string& verb, const std::string& type, const std::string& more) {
  return R"({"auditID":"\u001b)" + type + R"(","stage":"ResponseComplete","verb":")" + verb +
         R"(","user":{"username":"alice"},"sourceIPs":["10.0.0.7"],)"
         R"("objectRef":{"resource":"services","namespace":"shop","name":"web"},)"
         R"("responseStatus":{"code":200},"stageTimestamp":"2026-11-24T09:00:00Z",)"
         R"("responseObject":{"kind":"Service","metadata":{"name":"web","uid":"u1",)"
         R"("resourceVersion":"7"},"spec":{)"
         R"("type":")" +
         type + R"(","ports":[{"port":80,"protocol":"TCP")" + more + "}]}}}";
}

const RuleExplanation& rule_of(const ExplainedRecord& record, const RuleSet& rules,
                               const std::string& name) {
  for (const RuleExplanation& rule : record.events.at(0).rules) {
    if (rules.catalog()[rule.rule].name == name) return rule;
  }
  throw std::runtime_error("no such rule");
}

const std::string kOpened = "Kubernetes Service opened to the outside";

}  // namespace

TEST_CASE("an explanation says what held, what failed and what the event has") {
  const RuleSet rules = load({});
  Bench bench(rules);
  const ExplainedRecord record = bench.explain(
      {service("update", "ClusterIP", ""), service("update", "NodePort", R"(,"nodePort":31000)")});
  REQUIRE(record.events.size() == 1);
  CHECK(record.passes_scan);
  CHECK(record.events[0].exposure->before == Exposure::Before::closed);
  const RuleExplanation& opened = rule_of(record, rules, kOpened);
  CHECK(opened.verdict == Verdict::told);
  CHECK(opened.condition == "selection");
  const ItemExplanation& item = opened.selections.at(0).alternatives.at(0).at(0);
  CHECK(item.asked == R"(exposure.outcome: "succeeded")");
  CHECK(item.found == std::vector<std::string>{R"("succeeded")"});
  CHECK(item.held);
  const RuleExplanation& parity = rule_of(record, rules, "Kubernetes Node Port Creation");
  CHECK(parity.verdict == Verdict::no_match);
  CHECK_FALSE(parity.selections.at(0).held);

  const std::string text = report_of(record, {"a.log", 2}, rules);
  CHECK(
      text.starts_with("a.log:2  update services shop/web by alice, 200, ResponseComplete, "
                       "2026-11-24T09:00:00.000000Z, auditID \\x1bNodePort\n"
                       "  exposure   updated shop/web NodePort 31000/TCP, succeeded; before: "
                       "closed; opened: 31000; inspectable: full\n"
                       "  ALERT      Kubernetes Service opened to the outside  [selection]\n"
                       "    selection held         exposure.outcome: \"succeeded\""));
  CHECK(text.find("verb: \"create\"                            is \"update\"\n") !=
        std::string::npos);
  CHECK(json_of(record, {"a.log", 2}, rules)
            .find(R"("verdict":"told","exception":null,"yields_to":[])") != std::string::npos);
}

TEST_CASE("applying again what is there is explained by what was before") {
  const RuleSet rules = load({});
  Bench bench(rules);
  const std::string open = service("update", "NodePort", R"(,"nodePort":31000)");
  const ExplainedRecord record = bench.explain({open, open});
  CHECK(rule_of(record, rules, kOpened).verdict == Verdict::no_match);
  const auto& items = rule_of(record, rules, kOpened).selections.at(0).alternatives.at(0);
  CHECK(items.at(1).asked == R"(exposure.opened: "*")");
  CHECK(items.at(1).found == std::vector<std::string>{"null"});
}

TEST_CASE("who speaks in a rule's place, and which exception silences it, is said") {
  Problems problems;
  std::vector<CompiledRule> compiled = compile_rules({}, problems);
  const auto list = parse_yaml(
      "- {name: known, rules: ['74c652ac-9049-484b-a2c0-7fec40f5d27c'], reason: agreed, "
      "condition: {user.username: alice}}\n",
      "c", problems);
  auto exceptions = load_exceptions(list.at(0), "c", compiled, problems);
  REQUIRE(problems.empty());
  const RuleSet rules(std::move(compiled), std::move(exceptions));
  Bench bench(rules);

  std::string created = service("create", "NodePort", R"(,"nodePort":31000)");
  created.insert(created.size() - 1, R"(,"requestObject":{"spec":{"type":"NodePort"}})");
  const ExplainedRecord both = bench.explain({created});
  const RuleExplanation& opened = rule_of(both, rules, kOpened);
  CHECK(opened.verdict == Verdict::yields);
  REQUIRE(opened.yields_to.size() == 1);
  CHECK(rules.catalog()[opened.yields_to[0]].name == "Kubernetes Node Port Creation");
  CHECK(report_of(both, {"a", 1}, rules)
            .find("yields     Kubernetes Service opened to the outside "
                  "to Kubernetes Node Port Creation") != std::string::npos);

  const ExplainedRecord silenced = bench.explain(
      {R"({"stage":"ResponseComplete","verb":"update","user":{"username":"alice"},)"
       R"("objectRef":{"resource":"services","name":"x"},"responseStatus":{"code":200}})"});
  const std::string text = report_of(silenced, {"a", 1}, rules);
  CHECK(text.find("suppressed Kubernetes Service write that cannot be inspected: exception "
                  "'known', agreed") != std::string::npos);
}

TEST_CASE("what the scan passes over, and what cannot be read, is said in words") {
  const RuleSet rules = load({});
  Bench bench(rules);
  const std::string passed =
      report_of(bench.explain({R"({"verb":"list","user":{"username":"a"}})"}), {"a", 1}, rules);
  CHECK(passed.find("passed over by the scan: it holds none of services+create") !=
        std::string::npos);
  CHECK(passed.find("needs facts that only a finished write of a Service has") !=
        std::string::npos);
  const std::string torn = report_of(bench.explain({R"({"verb":"NodePort")"}), {"a", 1}, rules);
  CHECK(torn == "a:1  cannot be inspected (torn): it ends in the middle\n");
}

TEST_CASE("over a recorded log explanations agree with what the engine tells") {
  const std::string log = std::string(NODEPORTD_CORPUS) + "/apiserver/audit.log";
  if (!std::filesystem::exists(log)) {
    WARN("skipped: no corpus beside the repository");
    return;
  }
  std::vector<std::string> paths = {NODEPORTD_RULES};
  const bool with_sigma = GENERATE(false, true);
  if (with_sigma) paths.push_back(std::string(NODEPORTD_CORPUS) + "/sigma/rules");
  const RuleSet rules = load(paths);
  Explainer explainer(rules);
  using Told = std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t>;
  Told engine;
  Told explained;
  const auto read = for_each_batch(log, [&](Batch& batch) {
    explainer.take(batch);
    for (const Match& match : batch.matches) ++engine[{match.event.offset, match.rule}];
    for (std::uint32_t i = 0; i < batch.records.size(); ++i) {
      const ExplainedRecord record = explainer.explain(batch, i);
      for (const ExplainedEvent& event : record.events) {
        for (const RuleExplanation& rule : event.rules) {
          const bool is_told = rule.verdict == Verdict::told || rule.verdict == Verdict::suppressed;
          if (is_told) ++explained[{event.event.offset, rule.rule}];
        }
      }
    }
  });
  REQUIRE(read);
  CHECK(engine.size() > (with_sigma ? 100U : 10U));
  CHECK(explained == engine);
}

}  // namespace nodeportd
