// The loader of rules: what is wrong has a place, and what it takes can be asked: the verdict of a
// rule is the one that is explained, and the scan drops no event that a rule matches.
#include <array>
#include <string>
#include <vector>

#include "decode/audit_decoder.hpp"
#include "decode/scan.hpp"
#include "fuzz/hold.hpp"
#include "fuzz/problems.hpp"
#include "match/rule_set.hpp"

namespace nodeportd::fuzz {
namespace {

const std::string kFile = "rules.yml";
constexpr std::array<std::string_view, 4> kEvents = {
    R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a1",)"
    R"("stage":"ResponseComplete","verb":"create","user":{"username":"alice","groups":["dev"]},)"
    R"("sourceIPs":["10.0.0.7"],"objectRef":{"resource":"services","name":"web"},)"
    R"("requestObject":{"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":31000}]}},)"
    R"("responseStatus":{"code":201},"stageTimestamp":"2026-11-24T09:00:00.000000Z"})",
    R"({"verb":"get","user":{"username":""},"a":null,"b":["x",1.5,true],"c":{"d":"x"}})",
    R"({"a":"x","b":"xy","c":{"d":["x","10.0.0.7",-3]}})",
    R"({})",
};

std::vector<CompiledRule> load(const std::string& text, Problems& problems) {
  std::vector<CompiledRule> rules;
  load_rule_text(text, kFile, rules, problems);
  return rules;
}

void check_verdicts(const RuleSet& rules, const Scan& scan, std::string_view text) {
  AuditDecoder decoder;
  const auto event = decoder.decode(text);
  hold(event.has_value(), "the events are JSON");
  std::vector<Match> matches;
  rules.match(*event, {.text = text}, "log", matches);
  std::vector<bool> told(rules.size());
  for (const Match& match : matches) {
    hold(match.rule < rules.catalog().size(), "a match names its rule");
    hold(match.exception == Match::kNoException, "nothing is suppressed without an exception");
    if (match.rule < rules.size()) told[match.rule] = true;
  }
  hold(matches.empty() || scan.may_match(text), "the scan drops no event that a rule matches");
  for (const RuleExplanation& explained : rules.explain(*event, *event)) {
    const bool is_told = explained.verdict == RuleExplanation::Verdict::told;
    hold(is_told == told[explained.rule], "an explanation is the matcher's verdict");
  }
}

void run(const std::string& text) {
  Problems problems;
  std::vector<CompiledRule> rules = load(text, problems);
  check_places(problems, text, kFile);
  Problems again;
  hold(load(text, again).size() == rules.size() && all_of(again) == all_of(problems),
       "a text read again gives the same");
  if (!problems.empty()) return;
  for (const CompiledRule& rule : rules) {
    hold(lower_case_id(rule.rule.id).size() == 36 && !rule.rule.name.empty(), "a rule has a name");
  }
  const RuleSet set(std::move(rules), {});
  const Scan scan(set.literals(), set.words_besides());
  for (const std::string_view event : kEvents) check_verdicts(set, scan, event);
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
