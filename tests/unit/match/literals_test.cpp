// What the scan may look for instead of decoding: never more than the rule needs.
#include "match/literals.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using Texts = std::vector<std::string>;

// Each text as an alternative of one word.
Literals one_each(const Texts& texts) {
  Literals literals;
  for (const std::string& text : texts) literals.push_back({text});
  return literals;
}

TEST_CASE("the literals are what an event must hold to match") {
  struct Row {
    std::string fields;
    Texts expected;
  };
  const Row row = GENERATE(values<Row>({
      {"v: NodePort", {"nodeport"}},
      {"v: NodePort\nw: create\nx: services", {"nodeport"}},  // one is enough: the rarest
      {"v: [mutating, validating]", {"mutating", "validating"}},
      {"v: [mutating, ab]", {}},  // the short one could be it
      {"v: [a, b]\nw: secretive", {"secretive"}},
      {"- v: alpha\n- w: betas", {"alpha", "betas"}},
      {"- v: alpha\n- w: 3", {}},
      {"v|contains|all: [alpha, longest, ab]", {"longest"}},
      {"v: 'alpha*longest?beta'", {"longest"}},
      {"v: 'abc*def'", {}},  // no run of four letters
      {"v: 'ab1cd2efgh'", {"efgh"}},
      {"v|cased: NodePort", {"nodeport"}},
      {"v|startswith: 'system:serviceaccount:kube-public'", {"public"}},
      {"v: ['system:x', 'system:y']", {"system"}},
      {"v: 403", {}},
      {"v: true", {"true"}},
      {"v: null", {}},
      {"v: ''", {}},
      {"v: '*'", {}},
      {"v|exists: true", {}},
      {"v|exists: false", {}},
      {"v|neq: NodePort", {}},
      {"v|re: NodePort", {}},
      {"v|cidr: 10.0.0.0/8", {}},
      {"v|fieldref: alpha", {}},
      {"v|gt: 4", {}},
      {"v|windash: '-alpha -b'", {"alpha"}},
      {"v|windash: '---'", {}},
      {"v|base64: foobar", {"vymfy"}},  // Zm9vYmFy
      {"v|utf16le: longtext", {}},      // a NUL between any two
      {"- keyword\n- another", {"another", "keyword"}},
      {"'|all': [tiny, largest]", {"largest"}},
      {"v: 'älphabet'", {"lphabet"}},
  }));
  INFO(row.fields);
  CHECK(required_literals(test::compile(test::rule_with(row.fields)).detection) ==
        one_each(row.expected));
}

TEST_CASE("a field of an exposure stands for what each write of a Service holds") {
  const Literals write = {{"services", "create"},
                          {"services", "delete"},
                          {"services", "patch"},
                          {"services", "update"}};
  struct Row {
    std::string fields;
    Literals expected;
  };
  const Row row = GENERATE_COPY(values<Row>({
      {"exposure.outcome: succeeded", write},
      {"exposure.opened|exists: true", write},
      {"exposure.node_ports[].number|gt: 31000", write},
      {"exposure.via|re: port", write},
      {"exposure.opened|exists: false", {}},
      {"exposure.opened: null", {}},
      {"exposure.outcome|neq: succeeded", {}},
      {"exposures.outcome: su", {}},
      {"exposure.outcome: succeeded\nrequestObject.spec.type: NodePort", {{"nodeport"}}},
  }));
  INFO(row.fields);
  CHECK(required_literals(test::compile(test::rule_with(row.fields)).detection) == row.expected);
}

TEST_CASE("a condition joins the literals of its selections") {
  struct Row {
    std::string condition;
    Texts expected;
  };
  const Row row = GENERATE(values<Row>({
      {"a", {"alpha"}},
      {"a and b", {"betabeta"}},
      {"a or b", {"alpha", "betabeta"}},
      {"not a", {}},
      {"b and not a", {"betabeta"}},
      {"a or not b", {}},
      {"a or n", {}},
      {"a and n", {"alpha"}},
      {"1 of them", {}},
      {"all of them", {"betabeta"}},
      {"[a, b]", {"alpha", "betabeta"}},
      {"[a, n]", {}},
  }));
  INFO(row.condition);
  const auto compiled = test::compile(
      test::rule_head() + "detection:\n  a: {v: alpha}\n  b: {w: betabeta}\n  n: {x: 1}\n" +
      "  condition: " + row.condition + "\n");
  CHECK(required_literals(compiled.detection) == one_each(row.expected));
}

}  // namespace
}  // namespace nodeportd
