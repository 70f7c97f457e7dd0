// What the scan may look for instead of decoding: never more than the rule needs.
#include "match/literals.hpp"

#include <array>

#include "support/json_spelling.hpp"
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
      {"v|re: NodePort", {"nodeport"}},
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

TEST_CASE("a regular expression gives what RE2 says that a match must hold") {
  struct Row {
    std::string modifier;
    std::string pattern;
    Texts expected;
  };
  const Row row = GENERATE(values<Row>({
      {"re", "^/api/v1/.*/services", {"services"}},
      {"re", "^/apis/[^/]+/widgets/secretive$", {"secretive"}},
      {"re", "^/api/v1/namespaces/[^/]+/pods/[^/]+/exec", {"exec"}},  // the others are everywhere
      {"re", "alpha|betas", {"alpha", "betas"}},
      {"re", "(alpha|betas).*longest", {"longest"}},
      {"re", "alphabet|gammadelta.*x", {"alphabet", "gammadelta"}},
      {"re", "/api/v1/(widgets|gadgets)/x", {"gadgets", "widgets"}},      // RE2 multiplies it out
      {"re", "services.*(nodeport|balancer)", {"balancer", "nodeport"}},  // rarer than services
      {"re", "(deploy|serv)(ment|ice)", {"deployice", "deployment", "service", "servment"}},
      {"re", "alpha|b[0-9]+", {}},
      {"re", "alpha|abc", {}},
      {"re", "ab1cd2efgh", {"efgh"}},
      {"re", "abc-def/ghi", {}},
      {"re", "(abcd)?", {}},
      {"re", "(abcd)+", {"abcd"}},
      {"re", "x{4}", {"xxxx"}},
      {"re", "x{2,4}", {}},
      {"re", "[ab]cdef", {"acdef", "bcdef"}},
      {"re", "[a-z]+", {}},
      {"re", ".*", {}},
      {"re", "^$", {}},
      {"re", "", {}},
      {"re", "Allow|Success", {}},  // no record need hold what a translation says
      {"re", "NodePort", {"nodeport"}},
      {"re", "kubesystem", {"kubesystem"}},
      {"re|i", "nodeport", {"nodeport"}},
      {"re", "(?i)nodeport", {"nodeport"}},
      {"re|i", "kubectl", {"ubectl"}},  // U+212A is a k, U+017F is an s
      {"re", "(?i)kubectl", {"ubectl"}},
      {"re", "(?:(?si)kubectl)", {"ubectl"}},
      {"re", R"(alph\x{17f}ystem)", {"alph"}},
      {"re", "\xe2\x84\xaaubernetes", {"ubernete"}},
      {"re", R"(al\x70ha)", {"alpha"}},
      {"re|s", "alphabet.betas", {"alphabet"}},
      {"re|m", "^alpha$", {"alpha"}},
      {"re", R"(\Qal.phabet\E)", {"phabet"}},
      {"re", "älphabet", {"lphabet"}},
  }));
  INFO(row.pattern);
  const std::string fields = "v|" + row.modifier + ": '" + row.pattern + "'";
  CHECK(required_literals(test::compile(test::rule_with(fields)).detection) ==
        one_each(row.expected));
}

// Words that the patterns below are made of, and what comes near them.
std::string random_text(test::Random& random) {
  constexpr std::array<std::string_view, 22> kPieces = {
      "node", "port",    "kube", "\u212Aube", "\u017Fystem", "system", "serv", "ice",
      "s",    "deploy",  "ment", "/api/v1/",  "alpha",       "betas",  "-",    "longest",
      "xx",   "\u00E4l", "7",    "phabet",    ".",           "\n"};
  std::string text;
  for (std::size_t i = 1 + test::below(random, 5); i > 0; --i) {
    std::string piece(kPieces[test::below(random, kPieces.size())]);
    for (char& c : piece) {
      if (c >= 'a' && c <= 'z' && test::below(random, 8) == 0) c = static_cast<char>(c ^ 0x20);
    }
    text += piece;
  }
  return text;
}

TEST_CASE("what a regular expression accepts passes the scan for its literals, however spelt") {
  constexpr std::size_t kTexts = 4000;
  const auto [modifier, pattern] = GENERATE(table<std::string, std::string>({
      {"re", "alpha"},
      {"re|i", "nodeport"},
      {"re", "(?i)node-?port"},
      {"re|i", "kubesystem|kube"},
      {"re", "(?i:kube)[a-z]*"},
      {"re", "(?is)kube.*system"},
      {"re|i", "\u017Fystem"},
      {"re", "[k\u212A]ube"},
      {"re", R"(\x{212a}ube|alpha)"},
      {"re", R"([\x{17e}-\x{180}]ystem)"},
      {"re", "^/api/v1/.*serv"},
      {"re", "/api/v1/(serv|deploy)"},
      {"re", "(deploy|serv)(ment|ice)s?"},
      {"re", "(serv|ice).*(alpha|betas|longest)"},
      {"re", "alpha.*betas|longest"},
      {"re|m", "^alpha$"},
      {"re|s", "^alpha.+longest$"},
      {"re", "(xx)+(alpha|7)"},
      {"re", "x{4}"},
      {"re", "x{2,}betas?"},
      {"re", "(alpha){2}"},
      {"re", "[abl][lo][pn][hg]"},
      {"re", "[^a-z]longest"},
      {"re", R"(\bservices?\b)"},
      {"re", R"(\W(alpha|\d)\W?)"},
      {"re", "(\u00E4l)phabet"},
      {"re|i", "\u00C4LPHABET|7"},
      {"re", "(alpha|)betas"},
      {"re", "(?:node(?:port)?|kube)-"},
      {"re", "a.p.a"},
      {"re", "system$"},
  }));
  CAPTURE(modifier, pattern);
  const auto rule = test::compile(test::rule_with("v|" + modifier + ": '" + pattern + "'"));
  const Scan scan({required_literals(rule.detection)});
  test::Random random(4711);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const std::string text = random_text(random);
    Value value;
    value.kind = Value::Kind::string;
    value.text = text;
    const Member member{"v", value};
    Value event;
    event.kind = Value::Kind::object;
    event.members = &member;
    event.size = 1;
    if (!rule.detection.matches(event, Reading::as_apiserver)) continue;
    ++accepted;
    test::JsonSpelling spelling(random, test::random_habits(random));
    const std::string record = spelling.write(event);
    CAPTURE(text, record);
    // Another case of the letters is one that the pattern may refuse, and the scan may not.
    if (!scan.may_match(record)) FAIL("dropped by the scan");
  }
  CHECK(accepted > 0);
}

TEST_CASE("a keyword that a carrier may call otherwise is not looked for") {
  const auto literals_of = [](const std::string& fields) {
    return required_literals(test::compile(test::rule_with(fields)).detection);
  };
  CHECK(literals_of("- objectRef").empty());
  CHECK(literals_of("- another\n- userAgent").empty());
  CHECK(literals_of("'|re': [stage.*Timestamp]").empty());
  CHECK(literals_of("v: objectRef") == one_each({"objectref"}));
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

TEST_CASE("beside its literals stands what an event must hold in any case") {
  struct Row {
    std::string detection;
    Words expected;
  };
  const Row row = GENERATE(values<Row>({
      {"{s: {v: NodePort, w: create, x: services}, condition: s}",
       {"nodeport", "create", "services"}},
      {"{s: {v: [alpha, beta], w: services}, condition: s}", {"services"}},
      {"{s: [{v: alpha}, {v: beta, w: services}], condition: s}", {}},
      {"{s: {v: alpha}, t: {w: beta}, condition: s and t}", {"alpha", "beta"}},
      {"{s: {v: alpha}, t: {w: beta}, condition: s or t}", {}},
      {"{s: {v: alpha}, t: {w: beta}, condition: s and not t}", {"alpha"}},
      {"{s: {v|neq: alpha, w: null, x: 3, y: abc}, condition: s}", {}},
      {"{s: [objectref], t: {w: beta}, condition: s and t}", {"beta"}},
  }));
  INFO(row.detection);
  const auto rule = test::compile(test::rule_head() + "detection: " + row.detection + "\n");
  CHECK(words_besides(rule.detection) == row.expected);
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
