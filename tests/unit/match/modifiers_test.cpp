// What each modifier and each form of value means. Expected truth is derived from the Sigma
// specification 2.1.0 (rules, and appendix of modifiers), never from the program's answer.
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using test::detects;
using test::rule_with;

struct Row {
  std::string fields;
  std::string event;
  bool expected;
};

void check(const Row& row) {
  INFO(row.fields << "\n" << row.event);
  CHECK(detects(rule_with(row.fields), row.event) == row.expected);
}

TEST_CASE("values compare as text without regard to ASCII case") {
  check(GENERATE(values<Row>({
      {"verb: create", R"({"verb":"create"})", true},
      {"verb: create", R"({"verb":"CREATE"})", true},
      {"verb: CrEaTe", R"({"verb":"create"})", true},
      {"verb: create", R"({"verb":"created"})", false},
      {"verb: create", R"({"verb":"recreate"})", false},
      {"verb: create", R"({"Verb":"create"})", false},  // field names respect case
      {"verb: create", R"({})", false},
      {"verb: create", R"({"verb":null})", false},
      {"verb: create", R"({"verb":["update","create"]})", true},
      {"verb: create", R"({"verb":{"create":1}})", false},
      {"v: 'Ä'", R"({"v":"ä"})", false},  // beyond ASCII bytes are exact
      {"v: 'Ä'", R"({"v":"Ä"})", true},
      {"v: ''", R"({"v":""})", true},
      {"v: ''", R"({"v":" "})", false},
      {"v: ''", R"({"v":null})", false},
      {"v: ''", R"({})", false},
      {"v: ''", R"({"v":[]})", false},
      {"v: NodePort", R"({"v":"\u004eode\u0050ort"})", true},  // as a client may write it
      {"v: [a, b]", R"({"v":"b"})", true},
      {"v: [a, b]", R"({"v":"c"})", false},
      {"v: a\nw: b", R"({"v":"a","w":"b"})", true},
      {"v: a\nw: b", R"({"v":"a","w":"a"})", false},
      {"- v: a\n- w: b", R"({"w":"b"})", true},
      {"- v: a\n- w: b", R"({"w":"a"})", false},
      {"- v: a\n  w: b\n- v: c", R"({"v":"a"})", false},
      {"- v: a\n  w: b\n- v: c", R"({"v":"c"})", true},
      {"v: true", R"({"v":true})", true},
      {"v: true", R"({"v":false})", false},
      {"v: 'true'", R"({"v":true})", true},
      {"v: false", R"({"v":"False"})", true},
      {"v: yes", R"({"v":"yes"})", true},
      {"v: yes", R"({"v":true})", false},
  })));
}

TEST_CASE("wildcards and escapes mean what the specification's examples say") {
  check(GENERATE(values<Row>({
      {"v: 'prog?.exe'", R"({"v":"progA.exe"})", true},
      {"v: 'prog?.exe'", R"({"v":"prog.exe"})", false},
      {"v: 'prog?.exe'", R"({"v":"progAB.exe"})", false},
      {"v: 'prog?.exe'", R"({"v":"progä.exe"})", true},  // one character, not one byte
      {"v: 'antivirus_V*.exe'", R"({"v":"antivirus_V21.2.1.exe"})", true},
      {"v: 'antivirus_V*.exe'", R"({"v":"antivirus_V.exe"})", true},
      {"v: 'antivirus_V*.exe'", R"({"v":"antivirus_V1.exe.bak"})", false},
      {"v: 'a*b*c'", R"({"v":"aXbXbc"})", true},
      {"v: 'a*b*c'", R"({"v":"abXc"})", true},
      {"v: 'a*b*c'", R"({"v":"acb"})", false},
      {"v: 'ab*ba'", R"({"v":"aba"})", false},  // front and back may not share a byte
      {"v: 'ab*ba'", R"({"v":"abba"})", true},
      {"v: '*a?'", R"({"v":"xaa"})", true},
      {"v: '*a?'", R"({"v":"xa"})", false},
      {"v: '?*'", R"({"v":""})", false},
      {"v: '?*'", R"({"v":"x"})", true},
      {R"(v: 'a\b')", R"({"v":"a\\b"})", true},   // plain backslash, single
      {R"(v: 'a\\b')", R"({"v":"a\\b"})", true},  // plain backslash, double
      {R"(v: 'a\\b')", R"({"v":"a\\\\b"})", false},
      {R"(v: 'a\*')", R"({"v":"a*"})", true},  // an escaped wildcard is plain
      {R"(v: 'a\*')", R"({"v":"abc"})", false},
      {R"(v: 'a\?')", R"({"v":"a?"})", true},
      {R"(v: 'a\?')", R"({"v":"ab"})", false},
      {R"(v: 'a\\*')", R"({"v":"a\\bc"})", true},  // backslash, then a wildcard
      {R"(v: 'a\\*')", R"({"v":"abc"})", false},
      {R"(v: 'a\\\*')", R"({"v":"a\\*"})", true},  // both plain
      {R"(v: 'a\\\*')", R"({"v":"a\\b"})", false},
      {R"(v: 'a\\\b')", R"({"v":"a\\\\b"})", true},   // three: two
      {R"(v: 'a\\\\b')", R"({"v":"a\\\\b"})", true},  // four: two
      {R"(v: 'a\\\\b')", R"({"v":"a\\b"})", false},
      {"v: '%name%'", R"({"v":"%name%"})", true},  // without `expand` no placeholder
      {"v: '*'", R"({"v":"anything"})", true},
      {"v: '*'", R"({"v":""})", true},
      {"v: '*'", R"({"v":0})", true},
      {"v: '*'", R"({"v":{"a":1}})", true},
      {"v: '*'", R"({"v":null})", false},
      {"v: '*'", R"({})", false},
  })));
}

TEST_CASE("numbers compare as values, of any length") {
  check(GENERATE(values<Row>({
      {"c: 403", R"({"c":403})", true},
      {"c: 403", R"({"c":4.03e2})", true},
      {"c: 403", R"({"c":403.0})", true},
      {"c: 4.03e2", R"({"c":403})", true},
      {"c: +403", R"({"c":403})", true},
      {"c: 403", R"({"c":"403"})", true},
      {"c: 403", R"({"c":"0403"})", false},
      {"c: 403", R"({"c":4030})", false},
      {"c: 403", R"({"c":-403})", false},
      {"c: 403", R"({"c":true})", false},
      {"c: '403'", R"({"c":403})", true},
      {"c: '403'", R"({"c":4.03e2})", false},  // text compares as written
      {"c: '40?'", R"({"c":403})", true},
      {"c: 0", R"({"c":-0.0})", true},
      {"c: [401, 403]", R"({"c":403})", true},
      {"c: 123456789012345678901234567890", R"({"c":123456789012345678901234567890})", true},
      {"c: 123456789012345678901234567890", R"({"c":123456789012345678901234567891})", false},
      {"c|lt: 10", R"({"c":9.5})", true},
      {"c|lt: 10", R"({"c":10})", false},
      {"c|lte: 10", R"({"c":1e1})", true},
      {"c|lte: 10", R"({"c":10.0001})", false},
      {"c|gt: 399", R"({"c":400})", true},
      {"c|gt: 399", R"({"c":399})", false},
      {"c|gte: 400", R"({"c":400})", true},
      {"c|gte: 400", R"({"c":399.9})", false},
      {"c|gt: 9", R"({"c":"10"})", true},
      {"c|gt: 9", R"({"c":"high"})", false},
      {"c|gt: 9", R"({"c":null})", false},
      {"c|gt: 9", R"({})", false},
      {"c|lt: -1", R"({"c":-2})", true},
      {"c|lt: -1", R"({"c":-0.5})", false},
      {"c|gt: 9", R"({"c":1e999})", true},
      {"c|lt: 1", R"({"c":1e-400})", true},
      {"c|gte: 300\nc|lt: 400", R"({"c":302})", true},
      {"c|gt|all: [1, 5]", R"({"c":3})", false},
      {"c|gt: [1, 5]", R"({"c":3})", true},
  })));
}

TEST_CASE("startswith, endswith, contains, cased and all") {
  check(GENERATE(values<Row>({
      {"v|startswith: adm", R"({"v":"ADMIN"})", true},
      {"v|startswith: adm", R"({"v":"xadm"})", false},
      {"v|endswith: '\\cmd.exe'", R"({"v":"C:\\CMD.exe"})", true},
      {"v|endswith: cmd.exe", R"({"v":"cmd.exe2"})", false},
      {"v|contains: 'b'", R"({"v":"aBc"})", true},
      {"v|contains: 'b'", R"({"v":"ac"})", false},
      {"v|contains: 'b?d'", R"({"v":"abcde"})", true},
      {"v|contains: ''", R"({"v":"x"})", true},
      {"v|contains: 44", R"({"v":8443})", true},
      {"v|contains: '*'", R"({"v":"x"})", true},
      {R"(v|contains: '\*')", R"({"v":"x"})", false},
      {R"(v|contains: '\*')", R"({"v":"x*y"})", true},
      {"v|contains: [a, b]", R"({"v":"xb"})", true},
      {"v|contains|all: [a, b]", R"({"v":"xb"})", false},
      {"v|contains|all: [a, b]", R"({"v":"bxa"})", true},
      {"v|all|contains: [a, b]", R"({"v":"bxa"})", true},
      {"v|all: [a, b]", R"({"v":["a","b"]})", true},  // each by some value of the field
      {"v|all: [a, b]", R"({"v":["a","c"]})", false},
      {"v|cased: create", R"({"v":"create"})", true},
      {"v|cased: create", R"({"v":"Create"})", false},
      {"v|cased|contains: REA", R"({"v":"cREAte"})", true},
      {"v|contains|cased: REA", R"({"v":"create"})", false},
      {"v|startswith|endswith: b", R"({"v":"abc"})", true},  // `b*`, then `*b*`
      {"v|cased: 403", R"({"v":403})", true},
  })));
}

TEST_CASE("neq holds where no value of the field equals, an absent field included") {
  check(GENERATE(values<Row>({
      {"v|neq: a", R"({"v":"b"})", true},
      {"v|neq: a", R"({"v":"A"})", false},
      {"v|neq: a", R"({"v":["b","a"]})", false},
      {"v|neq: a", R"({"v":["b","c"]})", true},
      {"v|neq: a", R"({})", true},
      {"v|neq: a", R"({"v":null})", true},
      {"v|neq: [a, b]", R"({"v":"b"})", false},
      {"v|neq: [a, b]", R"({"v":"c"})", true},
      {"v|neq: null", R"({"v":"c"})", true},
      {"v|neq: null", R"({})", false},
      {"v|neq: 201", R"({"v":2.01e2})", false},
      {"v|contains|neq: b", R"({"v":"abc"})", false},
      {"v|neq|startswith: a", R"({"v":"ba"})", true},
      {"v|re|neq: '^a'", R"({"v":"ba"})", true},
      {"v|cidr|neq: 10.0.0.0/8", R"({"v":"10.1.1.1"})", false},
      {"v|fieldref|neq: w", R"({"v":"a","w":"a"})", false},
      {"v|fieldref|neq: w", R"({"v":"a","w":"b"})", true},
      {"v|hour|neq: 3", R"({"v":"2026-01-05T03:00:00Z"})", false},
  })));
}

TEST_CASE("null, exists and fieldref") {
  check(GENERATE(values<Row>({
      {"v: null", R"({})", true},
      {"v: null", R"({"v":null})", true},
      {"v: null", R"({"v":""})", false},
      {"v: null", R"({"v":{}})", false},
      {"v:", R"({"w":1})", true},
      {"v.w: null", R"({"v":{"w":null}})", true},
      {"v.w: null", R"({"v":3})", true},
      {"v|exists: true", R"({"v":null})", true},  // presence, whatever the value
      {"v|exists: true", R"({"v":""})", true},
      {"v|exists: true", R"({"v":{}})", true},
      {"v|exists: true", R"({"v":[]})", true},
      {"v|exists: true", R"({"w":1})", false},
      {"v|exists: false", R"({"w":1})", true},
      {"v|exists: false", R"({"v":null})", false},
      {"v[]|exists: true", R"({"v":[]})", false},
      {"v|fieldref: w", R"({"v":"a","w":"A"})", true},
      {"v|fieldref|cased: w", R"({"v":"a","w":"A"})", false},
      {"v|fieldref: w", R"({"v":"a","w":"b"})", false},
      {"v|fieldref: w", R"({"v":"a"})", false},
      {"v|fieldref: w", R"({})", false},
      {"v|fieldref: w", R"({"v":1,"w":1.0})", true},
      {"v|fieldref: w.x", R"({"v":["c","b"],"w":{"x":["a","b"]}})", true},
      {"v|fieldref: w", R"({"v":"abc","w":"a*"})", false},  // the other field is plain text
      {"v|fieldref|startswith: w", R"({"v":"abc","w":"ab"})", true},
      {"v|fieldref|endswith: w", R"({"v":"abc","w":"ab"})", false},
      {"v|fieldref|endswith: w", R"({"v":"abc","w":"bc"})", true},
      {"v|fieldref|contains: w", R"({"v":"abc","w":"b"})", true},
  })));
}

TEST_CASE("regular expressions are searched, and respect case unless told otherwise") {
  check(GENERATE(values<Row>({
      {"v|re: 'a.c'", R"({"v":"xabcx"})", true},
      {"v|re: '^a.c$'", R"({"v":"xabcx"})", false},
      {"v|re: '^a.c$'", R"({"v":"abc"})", true},
      {"v|re: 'ABC'", R"({"v":"abc"})", false},
      {"v|re|i: 'ABC'", R"({"v":"abc"})", true},
      {"v|re: 'a.c'", R"({"v":"a\nc"})", false},
      {"v|re|s: 'a.c'", R"({"v":"a\nc"})", true},
      {"v|re: '^b$'", R"({"v":"a\nb\nc"})", false},
      {"v|re|m: '^b$'", R"({"v":"a\nb\nc"})", true},
      {"v|re|i|m|s: '^B.c$'", R"({"v":"a\nb\nc"})", true},
      {"v|re: '[a-c]{2,3}|x+y?'", R"({"v":"ab"})", true},
      {"v|re: '[^a-z]'", R"({"v":"abc"})", false},
      {R"(v|re: 'a\.c')", R"({"v":"abc"})", false},
      {R"(v|re: 'a\*c')", R"({"v":"a*c"})", true},  // no Sigma escapes inside
      {"v|re: '40[13]'", R"({"v":403})", true},
      {"v|re: 403", R"({"v":403})", true},
      {"v|re: '.*'", R"({"v":{}})", false},
      {"v|re: '.*'", R"({"v":null})", false},
      {"v|re: [x, b]", R"({"v":"abc"})", true},
      {"v|re|all: [x, b]", R"({"v":"abc"})", false},
      {"v|re: 'ä.'", R"({"v":"xäö"})", true},
  })));
}

TEST_CASE("encodings apply in the order in which they are written") {
  check(GENERATE(values<Row>({
      // `echo -n foobar | base64`, and so on.
      {"v|base64: foobar", R"({"v":"Zm9vYmFy"})", true},
      {"v|base64: fooba", R"({"v":"Zm9vYmE="})", true},
      {"v|base64: foob", R"({"v":"Zm9vYg=="})", true},
      {"v|base64: foobar", R"({"v":"foobar"})", false},
      {"v|base64|contains: foo", R"({"v":"xxZm9vxx"})", true},
      {"v|cased|base64: foobar", R"({"v":"zm9vymfy"})", false},
      {R"(v|base64: 'a\*')", R"({"v":"YSo="})", true},
      // pySigma's documentation: "foobar" at offsets 0, 1 and 2.
      {"v|base64offset|contains: foobar", R"({"v":"xxZm9vYmFyxx"})", true},
      {"v|base64offset|contains: foobar", R"({"v":"IGZvb2Jhcg=="})", true},
      {"v|base64offset|contains: foobar", R"({"v":"ICBmb29iYXI="})", true},
      {"v|base64offset|contains: foobar", R"({"v":"ICAgZm9vYmF4"})", false},
      {"v|base64offset|contains: [zzzz, foobar]", R"({"v":"ICBmb29iYXI="})", true},
      // cmd > 63 00 6d 00 64 00
      {"v|utf16le: cmd", "{\"v\":\"c\\u0000m\\u0000d\\u0000\"}", true},
      {"v|wide: cmd", "{\"v\":\"c\\u0000m\\u0000d\\u0000\"}", true},
      {"v|utf16be: cmd", "{\"v\":\"\\u0000c\\u0000m\\u0000d\"}", true},
      {"v|utf16be: cmd", "{\"v\":\"c\\u0000m\\u0000d\\u0000\"}", false},
      {"v|wide|base64: cmd", R"({"v":"YwBtAGQA"})", true},
      {"v|utf16|base64: cmd", R"({"v":"//5jAG0AZAA="})", true},
      {"v|utf16be|base64: cmd", R"({"v":"AGMAbQBk"})", true},
      {"v|wide|base64offset|contains: cmd", R"({"v":"IGMAbQBkAA=="})", true},
      {"v|base64|base64: foo", R"({"v":"Wm05dg=="})", true},
      {"v|windash: 'a -b'", R"({"v":"a -b"})", true},
      {"v|windash: 'a -b'", R"({"v":"a /b"})", true},
      {"v|windash: 'a /b'", R"({"v":"a –b"})", true},
      {"v|windash: 'a -b -c'", R"({"v":"a —b ―c"})", true},
      {"v|windash: 'a –b'", R"({"v":"a -b"})", true},
      {"v|windash: 'a -b'", R"({"v":"a b"})", false},
      {"v|windash: 'a -b'", R"({"v":"a +b"})", false},
      {"v|windash|contains: ' -enc'", R"({"v":"powershell —ENC x"})", true},
      {"v|contains|windash: ' -enc'", R"({"v":"powershell /enc x"})", true},
      {"v|windash|endswith: '-b'", R"({"v":"a ―b"})", true},
      {"v|windash|base64: 'a-b'", R"({"v":"YS9i"})", true},   // a/b
      {"v|windash|base64: 'a-b'", R"({"v":"YSti"})", false},  // a+b
  })));
}

TEST_CASE("cidr ranges of both families") {
  check(GENERATE(values<Row>({
      {"ip|cidr: 10.0.0.0/8", R"({"ip":"10.255.0.1"})", true},
      {"ip|cidr: 10.0.0.0/8", R"({"ip":"11.0.0.1"})", false},
      {"ip|cidr: 192.168.1.128/25", R"({"ip":"192.168.1.127"})", false},
      {"ip|cidr: 192.168.1.128/25", R"({"ip":"192.168.1.129"})", true},
      {"ip|cidr: 0.0.0.0/0", R"({"ip":"8.8.8.8"})", true},
      {"ip|cidr: 0.0.0.0/0", R"({"ip":"::1"})", false},
      {"ip|cidr: '::/0'", R"({"ip":"8.8.8.8"})", true},
      {"ip|cidr: 10.1.2.3", R"({"ip":"10.1.2.3"})", true},
      {"ip|cidr: 10.1.2.3", R"({"ip":"10.1.2.4"})", false},
      {"ip|cidr: 10.0.0.0/8", R"({"ip":"::ffff:10.0.0.1"})", true},
      {"ip|cidr: 'fd00::/8'", R"({"ip":"FD12:3456::1"})", true},
      {"ip|cidr: 'fd00::/8'", R"({"ip":"fe80::1"})", false},
      {"ip|cidr: '2001:db8::/33'", R"({"ip":"2001:db8:8000::1"})", false},
      {"ip|cidr: '2001:db8::/33'", R"({"ip":"2001:db8:7fff::1"})", true},
      {"ip|cidr: 10.0.0.0/8", R"({"ip":"10.0.0.1:443"})", false},
      {"ip|cidr: 10.0.0.0/8", R"({"ip":"ten"})", false},
      {"ip|cidr: 10.0.0.0/8", R"({"ip":10})", false},
      {"ip[]|cidr: [10.0.0.0/8, 172.16.0.0/12]", R"({"ip":["8.8.8.8","172.31.0.1"]})", true},
  })));
}

TEST_CASE("time modifiers take a number out of a time") {
  // 2026-01-01 was a Thursday, so week 1; 2027-01-01 a Friday, still in week 53 of 2026.
  check(GENERATE(values<Row>({
      {"t|minute: 59", R"({"t":"2026-11-24T08:59:27.277194Z"})", true},
      {"t|minute: 58", R"({"t":"2026-11-24T08:59:27.277194Z"})", false},
      {"t|hour: 8", R"({"t":"2026-11-24T08:59:27Z"})", true},
      {"t|hour|gte: 22", R"({"t":"2026-11-24T23:00:00Z"})", true},
      {"t|hour|gte: 22", R"({"t":"2026-11-24T08:00:00Z"})", false},
      {"t|hour: [7, 8]", R"({"t":"2026-11-24T08:00:00Z"})", true},
      {"t|day: 24", R"({"t":"2026-11-24T08:00:00Z"})", true},
      {"t|week: 1", R"({"t":"2026-01-01T00:00:00Z"})", true},
      {"t|week: 2", R"({"t":"2026-01-05T00:00:00Z"})", true},
      {"t|week: 53", R"({"t":"2027-01-01T00:00:00Z"})", true},
      {"t|month: 11", R"({"t":"2026-11-24T08:00:00Z"})", true},
      {"t|month|lt: 11", R"({"t":"2026-11-24T08:00:00Z"})", false},
      {"t|year: 2026", R"({"t":"2026-11-24T08:00:00Z"})", true},
      {"t|year|neq: 2026", R"({"t":"2025-11-24T08:00:00Z"})", true},
      {"t|hour: 8", R"({"t":"8"})", false},
      {"t|hour: 8", R"({"t":8})", false},
      {"t|hour: 8", R"({})", false},
  })));
}

TEST_CASE("keywords are found in any key and any scalar of the event") {
  check(GENERATE(values<Row>({
      {"- EVILSERVICE", R"({"a":{"b":["x","my evilservice here"]}})", true},
      {"- EVILSERVICE", R"({"a":{"EvilService":1}})", true},
      {"- EVILSERVICE", R"({"a":"evil service"})", false},
      {"- nope\n- svchost", R"({"a":"svchost.exe -n evil"})", true},
      {"- 403", R"({"a":{"code":403}})", true},
      {"- 'a*d'", R"({"a":"xabcdx"})", true},
      {"'|all':\n  - one\n  - two", R"({"a":"one","b":"TWO"})", true},
      {"'|all':\n  - one\n  - two", R"({"a":"one"})", false},
      {"'|re': '^x[0-9]+$'", R"({"a":["y","x12"]})", true},
      {"'|cased': EVIL", R"({"a":"evil"})", false},
      {"'|base64': foobar", R"({"a":"xZm9vYmFyx"})", true},
      {"'|all':\n  - one\n  - two\nv: 3", R"({"a":"one two","v":3})", true},
      {"- one\n- v: 3", R"({"v":3})", true},
      {"- one\n- v: 3", R"({"v":4,"w":"ONE"})", true},
      {"- shadow", R"({"a":"shadow","a":"x"})", true},  // the whole message as written
  })));
  CHECK(detects(test::rule_head() + "detection:\n  words: evil\n  condition: words",
                R"({"a":"evil"})"));
}

TEST_CASE("a keyword is found however deep it stands") {
  std::string json = R"({"a":)";
  for (int i = 0; i < 9'000; ++i) json += i % 2 == 0 ? R"({"k":)" : "[";
  json += R"("needle")";
  for (int i = 8'999; i >= 0; --i) json += i % 2 == 0 ? "}" : "]";
  json += "}";
  CHECK(detects(rule_with("- needle"), json));
  CHECK_FALSE(detects(rule_with("- haystack"), json));
}

TEST_CASE("a pattern of many wildcards takes no more than linear time in the text") {
  const std::string text(200'000, 'a');
  const Glob glob(parse_pattern("*a*a*a*a*a*a*a*a*a*a*b"), Case::ignored);
  CHECK_FALSE(glob.matches(text));
  CHECK(glob.matches(text + "b"));
}

}  // namespace
}  // namespace nodeportd
