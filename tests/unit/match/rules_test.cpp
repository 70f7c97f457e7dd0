// What a rule file may say, and where a refusal points.
#include <sys/stat.h>

#include <fstream>

#include "support/temp_dir.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using test::compile;
using test::load;
using test::rule_head;
using test::rule_with;

const std::string kDetection = "detection:\n    sel:\n        verb: create\n    condition: sel\n";

struct Refused {
  std::string yaml;
  std::string problem;
};

void check(const Refused& row) {
  INFO(row.yaml);
  CHECK(load(row.yaml).text() == "r.yml:" + row.problem + "\n");
}

// The fields stand from line 9, column 9 on.
TEST_CASE("a detection item that cannot be honoured is refused at its place") {
  const auto row = GENERATE(values<Refused>({
      {"v|contain: a", "9:9: there is no modifier 'contain': did you mean 'contains'?"},
      {"v|expand: '%a%'", "9:9: 'expand' needs placeholders, which nodeportd does not have"},
      {"v: x\nw|all: a", "10:9: 'all' needs a list of two values or more"},
      {"v|all: [a]", "9:9: 'all' needs a list of two values or more"},
      {"v|lt: ten", "9:15: an order needs a number, this is 'ten'"},
      {"v|gte: '10'", "9:16: an order needs a number, this is '10'"},
      {"v|lt|gt: 1", "9:9: modifier 'gt' cannot stand behind 'lt'"},
      {"v|base64|re: a", "9:9: modifier 're' cannot stand behind 'base64'"},
      {"v|re|contains: a", "9:9: modifier 'contains' cannot stand behind 're'"},
      {"v|cidr|contains: 10.0.0.0/8", "9:9: modifier 'contains' cannot stand behind 'cidr'"},
      {"v|contains|cidr: 10.0.0.0/8", "9:9: modifier 'cidr' cannot stand behind 'contains'"},
      {"v|contains|fieldref: w", "9:9: modifier 'fieldref' cannot stand behind 'contains'"},
      {"v|fieldref|base64: w", "9:9: modifier 'base64' cannot stand behind 'fieldref'"},
      {"v|i: a", "9:9: modifier 'i' cannot stand first"},
      {"v|re|i|i: a", "9:9: modifier 'i' cannot stand behind 'i'"},
      {"v|cased|re: a",
       "9:9: 'cased' is for text: a regular expression respects case unless 'i' stands behind "
       "'re'"},
      {"v|neq|all: [a, b]",
       "9:9: 'neq' with 'all' is ambiguous: 'neq' alone means none of the values"},
      {"v|neq|lt: 3", "9:9: 'neq' and an order cannot both hold"},
      {"v|exists|neq: true", "9:9: 'exists' stands alone: it asks for true or false"},
      {"v|exists: maybe", "9:19: 'exists' needs true or false, this is 'maybe'"},
      {"v|exists: [true]", "9:19: 'exists' takes one value, no list"},
      {"v|cidr: 10.0.0.0/33", "9:17: '10.0.0.0/33' needs a prefix from 0 to 32 after its slash"},
      {"v|cidr: 10.0.0.1/8",
       "9:17: '10.0.0.1/8' has bits set beyond its prefix: write the first address of the range"},
      {"v|cidr: [10.0.0.0/8, x]", "9:30: 'x' is no IP address range"},
      {"v|hour: 24", "9:17: a whole number from 0 to 23 is needed here, this is '24'"},
      {"v|week: 0", "9:17: a whole number from 1 to 53 is needed here, this is '0'"},
      {"v|month: '1'", "9:18: a whole number from 1 to 12 is needed here, this is '1'"},
      {"v:\n  - a\n  - null", "11:13: null cannot stand in a list: give it a selection of its own"},
      {"v|contains: null", "9:21: null takes no modifier but 'neq', and is no keyword"},
      {"v: []", "9:12: an empty list can match nothing"},
      {"v:\n  w: a",
       "10:11: a value must be text, a number, true, false or null, this is a map: fields in "
       "fields are written a.b"},
      {"v: 0x17",
       "9:12: '0x17' may be read as text or as a number: write it in quotes, or as a decimal"},
      {"v|startswith: 10.",
       "9:23: '10.' may be read as text or as a number: write it in quotes, or as a decimal"},
      {"v: -.5",
       "9:12: '-.5' may be read as text or as a number: write it in quotes, or as a decimal"},
      {"v|base64: 12", "9:19: '12' is no text: write it in quotes if it is meant as such"},
      {"v|base64: 'a*'",
       "9:19: a wildcard cannot be encoded: put 'contains' behind the encoding, or escape it"},
      {"v|base64offset|contains: a", "9:34: 'base64offset' needs two bytes at least"},
      {"v|windash|base64: '-a -b -c -d -e'", "9:27: more than 4 dashes to encode in one value"},
      {"a..b: x",
       "9:9: 'a..b' is no field path: it is names with dots between them, with [] behind the name "
       "of a list"},
      {"v|fieldref: 'w[1]'",
       "9:21: 'w[1]' is no field path: it is names with dots between them, with [] behind the name "
       "of a list"},
      {"'|startswith': x",
       "9:9: keywords are looked for anywhere in the event: 'all', 'cased', 'contains', 'windash', "
       "'re' and encodings are all that goes with them"},
      {"- null", "9:11: a selection lists keywords or maps of fields"},
  }));
  check({rule_with(row.yaml), row.problem});
}

TEST_CASE("a regular expression that is not regular is refused") {
  const std::string pattern =
      GENERATE(as<std::string>(), "a(?=b)", "(?<!a)b", R"((a)\1)", "a{1001}", "a++", "(?>a)", "(");
  INFO(pattern);
  const auto loaded = load(rule_with("v|re: '" + pattern + "'"));
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.text().starts_with("r.yml:9:15: this regular expression cannot be honoured ("));
}

// What follows rule_head() begins in line 7.
TEST_CASE("a rule that cannot be honoured is refused at its place") {
  const std::string id = "id: 22222222-2222-4222-8222-222222222222\n";
  const std::string logs = "logsource: {product: kubernetes, service: audit}\n";
  check(GENERATE_COPY(values<Refused>({
      {id + logs + kDetection, "1:1: a rule needs 'title'"},
      {"title: T\n" + logs + kDetection, "1:1: a rule needs 'id'"},
      {"title: T\nid: 42\n" + logs + kDetection, "2:5: an id is a UUID, this is '42'"},
      {"title: T\nid: 655ce20e-80f4-4b55-bb95-eb4bf2e90bb0\n" + logs + kDetection,
       "2:5: this id is a built-in rule's"},
      {"title: T\n" + id + kDetection, "1:1: a rule needs 'logsource'"},
      {"title: T\n" + id + logs, "1:1: a rule needs 'detection'"},
      {"title: T\n" + id + "logsource: {product: windows, service: audit}\n" + kDetection,
       "3:12: nodeportd reads product 'kubernetes', service 'audit' (category 'application' or "
       "none): this rule is for other logs"},
      {"title: T\n" + id + "logsource: {product: kubernetes}\n" + kDetection,
       "3:12: nodeportd reads product 'kubernetes', service 'audit' (category 'application' or "
       "none): this rule is for other logs"},
      {rule_head() + kDetection + "status: unsupported\n",
       "11:9: the rule says of itself that it is unsupported"},
      {rule_head() + kDetection + "status: tested\n",
       "11:9: 'status' must be one of stable, test, experimental, deprecated, unsupported, this is "
       "'tested'"},
      {rule_head() + kDetection + "taxonomy: ecs\n",
       "11:11: only the taxonomy 'sigma' is known, this is 'ecs'"},
      {rule_head() + kDetection + "aggreagte: {}\n",
       "11:1: 'aggreagte' is almost 'aggregate': a key of your own needs another name"},
      {rule_head() + kDetection + "detections: {}\n",
       "11:1: 'detections' is almost 'detection': a key of your own needs another name"},
      {"title: C\ncorrelation:\n    type: event_count\n",
       "2:1: this version reads detection rules alone: 'correlation' comes in a later version"},
      {"title: F\nlogsource: {product: kubernetes}\nfilter:\n    rules: any\n",
       "3:1: this version reads detection rules alone: 'filter' comes in a later version"},
      {"action: global\ntitle: T\n",
       "1:1: rule collections ('action: global') are no longer in Sigma: write each rule out"},
      {"", " holds no rule"},
      {"- a\n", "1:1: a rule must be a map, this is a list"},
      {rule_head() + "detection:\n    sel:\n        v: a\n", "8:5: 'detection' needs 'condition'"},
      {rule_head() + "detection:\n    sel:\n        v: a\n    condition: sel or sle\n",
       "10:23: there is no selection 'sle': did you mean 'sel'?"},
      {rule_head() + "detection:\n    sel:\n        v: a\n    condition: [sel, nope]\n",
       "10:22: there is no selection 'nope'"},
      {rule_head() + "detection:\n    sel: {}\n    condition: sel\n",
       "8:10: an empty map matches everything: name a field"},
      {rule_head() + "detection:\n    sel: []\n    condition: sel\n",
       "8:10: selection 'sel' holds nothing to look for"},
      {rule_head() + "detection:\n    sel: {v: a}\n    timeframe: 5m\n    condition: sel\n",
       "9:5: 'timeframe' is no longer in Sigma: correlation rules take its place"},
  })));
}

TEST_CASE("our blocks are strict") {
  const std::string rule = rule_head() + kDetection;  // 10 lines
  const std::string risk = "aggregate: {group_by: [{user: user.username}]}\nrisk:\n";
  check(GENERATE_COPY(values<Refused>({
      {rule + "aggregate:\n  group_by: [verb]\n  windwo: 1h\n",
       "13:3: 'aggregate' has no key 'windwo': did you mean 'window'?"},
      {rule + "aggregate:\n  group_by: [verb]\n  window: 0\n",
       "13:11: 'window' must be at least 1s and at most 7d, this is 0"},
      {rule + "aggregate:\n  group_by: [verb]\n  window: 8d\n",
       "13:11: 'window' must be at least 1s and at most 7d, this is 8d"},
      {rule + "aggregate:\n  window: 1h\n", "12:3: 'aggregate' needs 'group_by'"},
      {rule + "aggregate:\n  group_by: []\n", "12:13: 'group_by' needs one field at least"},
      {rule + "aggregate:\n  group_by: [verb, verb]\n", "12:20: 'group_by' names 'verb' twice"},
      {rule + "aggregate:\n  group_by: [verb, {a: b, c: d}]\n",
       "12:20: an entry of 'group_by' is a path, or 'name: path'"},
      {rule + "aggregate:\n  group_by: [verb]\n  alert_on_new: ['a..b']\n",
       "13:18: 'a..b' is no field path: it is names with dots between them, with [] behind the "
       "name of a list"},
      {rule + risk + "  confidence: 101\n  impact: 1\n  message: m\n",
       "13:15: 'confidence' must lie between 0 and 100, this is 101"},
      {rule + risk + "  confidence: 1\n  impact: 1\n  message: by $uesr$\n",
       "15:12: group_by has no field 'uesr': did you mean 'user'?"},
      {rule + risk + "  confidence: 1\n  impact: 1\n", "13:3: 'risk' needs 'message'"},
      {rule + risk +
           "  confidence: 1\n  impact: 1\n  message: m\n  observables:\n"
           "    - {field: src_ip, type: IP, role: attacker}\n",
       "17:15: group_by has no field 'src_ip'"},
      {rule + risk +
           "  confidence: 1\n  impact: 1\n  message: m\n  observables:\n"
           "    - {field: user, type: User, role: culprit}\n",
       "17:39: 'role' must be one of victim, attacker, this is 'culprit'"},
  })));
}

TEST_CASE("all problems of a text are told at once") {
  const auto loaded = load(rule_with("v|lt: x\nw|nope: y") + "---\n" + rule_with("v|re: '('"));
  CHECK(loaded.problems.size() == 3);
  CHECK(loaded.text().find("r.yml:9:15: an order") != std::string::npos);
  CHECK(loaded.text().find("r.yml:10:9: there is no modifier 'nope'") != std::string::npos);
  CHECK(loaded.text().find("r.yml:21:15: this regular") != std::string::npos);
}

TEST_CASE("a rule tells of itself what its file says") {
  const CompiledRule compiled = compile(
      "title: Short\nid: AAAAAAAA-1111-4111-8111-111111111111\ndescription: long\n"
      "logsource: {category: application, product: kubernetes, service: audit, definition: x}\n"
      "tags: [attack.t1204, attack.execution]\nlevel: critical\nmy_own_key: {a: [1]}\n" +
      kDetection +
      "aggregate:\n"
      "  group_by: [verb, {src_ip: 'sourceIPs{}'}]\n"
      "  values: {groups: 'user.groups[]'}\n  fill: '0'\n  window: 90s\n"
      "  alert_on_new: [requestURI]\n"
      "risk:\n  confidence: 70\n  impact: 50\n  message: by $src_ip$ for $5\n"
      "  observables: [{field: src_ip, type: IP Address, role: attacker}]\n  story: [S]\n");
  const Rule& rule = compiled.rule;
  CHECK(rule.id == "aaaaaaaa-1111-4111-8111-111111111111");
  CHECK(rule.name == "Short");
  CHECK(rule.description == "long");
  CHECK(rule.level == Level::critical);
  CHECK(rule.tags == std::vector<std::string>{"attack.t1204", "attack.execution"});
  REQUIRE(rule.aggregate.group_by.size() == 2);
  CHECK(rule.aggregate.group_by[0].name == "verb");
  CHECK(rule.aggregate.group_by[1].name == "src_ip");
  CHECK(compiled.group_by[1].text() == "sourceIPs[]");
  REQUIRE(rule.aggregate.values.size() == 1);
  CHECK(rule.aggregate.values[0].name == "groups");
  CHECK(rule.aggregate.fill == "0");
  CHECK(rule.aggregate.window == std::chrono::seconds(90));
  CHECK(rule.aggregate.alert_on_new == std::vector<std::string>{"requestURI"});
  REQUIRE(rule.risk);
  CHECK(rule.risk->score() == 35);
  CHECK(rule.risk->story == std::vector<std::string>{"S"});
  REQUIRE(rule.risk->observables.size() == 1);
  CHECK(rule.risk->observables[0].role == Observable::Role::attacker);
}

TEST_CASE("a rule without blocks of ours gets the default ones") {
  const std::string yaml =
      "title: T\nid: 22222222-2222-4222-8222-222222222222\n"
      "logsource: {product: kubernetes, service: audit}\n" +
      kDetection;
  const Rule rule = compile(yaml).rule;
  CHECK(rule.level == Level::medium);
  CHECK(rule.aggregate.window == std::chrono::hours(1));
  CHECK_FALSE(rule.aggregate.fill);
  CHECK_FALSE(rule.risk);
  REQUIRE(rule.aggregate.group_by.size() == 7);
  CHECK(rule.aggregate.group_by.front().path == "user.username");
}

TEST_CASE("files and folders give their rules in order, and an id is given once") {
  const test::TempDir dir;
  const auto write = [&](const std::string& name, const std::string& id) {
    std::ofstream(dir / name) << rule_head(id) << kDetection;
  };
  write("b.yml", "bbbbbbbb-2222-4222-8222-222222222222");
  write("a.yaml", "aaaaaaaa-2222-4222-8222-222222222222");
  write(".hidden.yml", "cccccccc-2222-4222-8222-222222222222");
  write("readme.txt", "not a rule");
  Problems problems;
  const auto rules = load_rule_files({dir.path().string()}, problems);
  REQUIRE(problems.empty());
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].rule.id.starts_with("aaaaaaaa"));
  CHECK(rules[1].rule.id.starts_with("bbbbbbbb"));

  const std::string twice = dir / "b.yml";
  (void)load_rule_files({dir.path().string(), twice}, problems);
  REQUIRE(problems.size() == 1);
  CHECK(to_text(problems[0]) == twice + ":2:5: this id is that of 'Test' too, in " + twice + ":2");

  problems.clear();
  (void)load_rule_files({dir / "none.yml"}, problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].place.file == dir / "none.yml");
}

TEST_CASE("a pipe in a folder of rules is refused by its name, and nobody waits for its writer") {
  const test::TempDir dir;
  const std::string pipe = dir / "pipe.yml";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  Problems problems;
  // Even where the folder itself was named on a command line.
  (void)load_rule_files({dir.path().string()}, problems, {.kinds = FileKinds::any});
  (void)load_rule_files({pipe}, problems);
  REQUIRE(problems.size() == 2);
  CHECK(to_text(problems[0]) == pipe + ": is a pipe, not a file");
  CHECK(to_text(problems[1]) == to_text(problems[0]));
}

TEST_CASE("one text may hold several rules") {
  const auto loaded = load(rule_with("v: a") + "---\n" +
                           rule_head("22222222-2222-4222-8222-222222222222") + kDetection);
  CHECK(loaded.text().empty());
  CHECK(loaded.rules.size() == 2);
}

}  // namespace
}  // namespace nodeportd
