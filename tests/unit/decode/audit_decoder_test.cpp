#include "decode/audit_decoder.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "unit/decode/shown.hpp"

namespace nodeportd {
namespace {

using test::show;
using Parts = std::vector<std::string>;

std::string decoded(AuditDecoder& decoder, const std::string& record) {
  const auto event = decoder.decode(record);
  return event ? show(event->root) : std::string(to_text(event.error()));
}

std::string decoded(const std::string& record) {
  AuditDecoder decoder;
  return decoded(decoder, record);
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// An event, `depth` levels deep in all.
std::string nested(std::size_t depth) {
  return R"({"a":)" + repeated("[", depth - 1) + repeated("]", depth - 1) + '}';
}

struct Row {
  const char* record;
  const char* expected;
};

}  // namespace

TEST_CASE("a record is read as Go reads it") {
  const auto row = GENERATE(values<Row>({
      {R"({})", "{}"},
      {R"({"a":1,"b":"x","c":true,"d":false,"e":null})", "{a=1,b='x',c=true,d=false,e=null}"},
      {R"({"a":{"b":[{"c":[]},[1,[2]],{}]}})", "{a={b=[{c=[]},[1,[2]],{}]}}"},
      {" \t{ \"a\" : [ 1 , 2 ] } \r\n", "{a=[1,2]}"},
      {"{\"a\":1}\r", "{a=1}"},
      {"\xEF\xBB\xBF{\"a\":1}", "{a=1}"},
      // Names: empty, duplicate on every level, escaped.
      {R"({"":1,"a":{"":{"":2}}})", "{=1,a={={=2}}}"},
      {R"({"a":1,"a":{"b":1,"b":2},"a":[{"c":1,"c":3}]})", "{a=1,a={b=1,b=2},a=[{c=1,c=3}]}"},
      {R"({"\u0074ype":"\u004eode\u0050ort"})", "{type='NodePort'}"},
      // Escapes.
      {R"({"a":"\"\\\/\b\f\n\r\t"})", "{a='\"\\/\b\f\n\r\t'}"},
      {R"({"a":"x\u0026y\u003c\u003e\u00e9\u20ac"})", "{a='x&y<>\u00e9\u20ac'}"},
      {R"({"a":"\ud83d\ude00"})", "{a='\U0001F600'}"},
      // Lone surrogates become U+FFFD, one each.
      {R"({"a":"\ud800"})", "{a='\uFFFD'}"},
      {R"({"a":"\uDFFFx"})", "{a='\uFFFDx'}"},
      {R"({"a":"\ud800\u0041"})", "{a='\uFFFDA'}"},
      {R"({"a":"\ud800\ud83d\ude00\udc00"})", "{a='\uFFFD\U0001F600\uFFFD'}"},
      {R"({"\ud800":"\\ud800"})", "{\uFFFD='\\ud800'}"},
      {R"({"a":"\\\ud800"})", "{a='\\\uFFFD'}"},
      // Bytes that are not UTF-8 stay.
      {"{\"a\":\"\xff\xfe\xc3\",\"b\":1}", "{a='\xff\xfe\xc3',b=1}"},
      // Numbers stay what was written.
      {R"({"a":[0,-0,4.03e2,1E+2,1e-7,0.10,-12.5]})", "{a=[0,-0,4.03e2,1E+2,1e-7,0.10,-12.5]}"},
      {R"({"a":123456789012345678901234567890})", "{a=123456789012345678901234567890}"},
      {R"({"a":1e999,"b":"1e999 \" 7","c":[-1.5E+4000,7]})",
       "{a=1e999,b='1e999 \" 7',c=[-1.5E+4000,7]}"},
      {R"({"\ud800":1e999,"a":"\udc00 1"})", "{\uFFFD=1e999,a='\uFFFD 1'}"},
      {R"({"a":1e-99999999999999999999})", "{a=1e-99999999999999999999}"},
  }));
  CAPTURE(row.record);
  CHECK(decoded(row.record) == row.expected);
}

TEST_CASE("what is no whole JSON object is refused with its reason") {
  const auto row = GENERATE(values<Row>({
      {"", "not_json"},
      {"   ", "not_json"},
      {"hello", "not_json"},
      {"2026-11-24T08:59:27Z AUDIT: id=\"x\"", "not_json"},
      {R"([])", "not_an_object"},
      {R"("x")", "not_an_object"},
      {R"(null)", "not_an_object"},
      {R"({"a":1} x)", "not_json"},
      {R"({"a":1}{"a":1})", "not_json"},
      {R"({"a":1}})", "not_json"},
      {R"({"a":1,})", "not_json"},
      {R"({"a":[1,]})", "not_json"},
      {R"({a:1})", "not_json"},
      {R"({"a":01})", "not_json"},
      {R"({"a":+1})", "not_json"},
      {R"({"a":1e999,"b":01e999})", "not_json"},
      {R"({"a":1e999,"b":1.e999})", "not_json"},
      {R"({"a":1e999,"b":NaN})", "not_json"},
      {R"({"a":"\x"})", "not_json"},
      {R"({"a":"\ud8zz"})", "not_json"},
      {"{\"a\":\"\n\"}", "not_json"},
      {R"({"a":/**/1})", "not_json"},
      {"{", "torn"},
      {R"({"a)", "torn"},
      {R"({"a")", "torn"},
      {R"({"a":)", "torn"},
      {R"({"a":tr)", "torn"},
      {R"({"a":-)", "torn"},
      {R"({"a":1)", "torn"},
      {R"({"a":"x\)", "torn"},
      {R"({"a":"x\u00)", "torn"},
      {R"({"a":"\ud800\u)", "torn"},
      {R"({"a":[{"b":1})", "torn"},
      {R"({"a":1e999,"b":)", "torn"},
  }));
  CAPTURE(row.record);
  CHECK(decoded(row.record) == row.expected);
}

TEST_CASE("a control character in a string is refused wherever it stands") {
  for (char control = 1; control < ' '; ++control) {
    for (std::size_t before = 0; before < 40; ++before) {
      const std::string text = std::string(before, 'x') + control + std::string(40 - before, 'y');
      CAPTURE(static_cast<int>(control), before);
      REQUIRE(decoded("{\"a\":\"" + text + "\"}") == "not_json");
      REQUIRE(decoded("{\"" + text + "\":1}") == "not_json");
    }
  }
}

TEST_CASE("a NUL is never taken for the end of a record") {
  using namespace std::string_literals;
  CHECK(decoded("{\"a\":1}\0"s) == "not_json");
  CHECK(decoded("{\"a\":1}\0{\"a\":\"NodePort\"}"s) == "not_json");
  CHECK(decoded("{\"a\":\"x\0y\"}"s) == "not_json");
  CHECK(decoded(R"({"a":"x\u0000y"})") == "{a='x\0y'}"s);
}

TEST_CASE("the last of duplicate members is the one that is found") {
  AuditDecoder decoder;
  const auto event = decoder.decode(R"({"spec":{"type":"ClusterIP","type":"NodePort"}})");
  REQUIRE(event);
  const Value* spec = event->root.find("spec");
  REQUIRE(spec != nullptr);
  CHECK(spec->size == 2);
  CHECK(spec->find("type")->text == "NodePort");
  CHECK(event->root.find("status") == nullptr);
  CHECK(event->raw == R"({"spec":{"type":"ClusterIP","type":"NodePort"}})");
}

TEST_CASE("nesting is read as deep as Go takes it and refused beyond, at any depth") {
  AuditDecoder decoder;
  for (const std::size_t depth : {std::size_t{10'000}, AuditDecoder::kDepthMax}) {
    const std::string record = nested(depth);
    const auto event = decoder.decode(record);
    REQUIRE(event);
    const Value* value = event->root.find("a");
    std::size_t levels = 1;
    for (; value->size > 0; value = value->items) ++levels;
    CHECK(levels + 1 == depth);
  }
  CHECK(decoded(decoder, nested(AuditDecoder::kDepthMax + 1)) == "too_deep");
  CHECK(decoded(decoder, nested(1'000'000)) == "too_deep");
  CHECK(decoded(decoder, repeated(R"({"a":)", 1'000'000)) == "too_deep");
  CHECK(decoded(decoder, R"({"a":[1]})") == "{a=[1]}");
}

TEST_CASE("hundreds of thousands of duplicate members are kept and the last is found") {
  std::string record = "{";
  for (int i = 0; i < 300'000; ++i) record += "\"a\":" + std::to_string(i) + ',';
  record += "\"z\":1}";
  AuditDecoder decoder;
  const auto event = decoder.decode(record);
  REQUIRE(event);
  CHECK(event->root.size == 300'001);
  CHECK(event->root.find("a")->text == "299999");
}

TEST_CASE("values are read up to their limit and more are refused") {
  AuditDecoder decoder;
  // The root and the array count too.
  const auto flat = [](std::size_t values) {
    return R"({"a":[)" + repeated("0,", values - 3) + "0]}";
  };
  const auto whole = decoder.decode(flat(AuditDecoder::kNodesMax));
  REQUIRE(whole);
  CHECK(whole->root.find("a")->size == AuditDecoder::kNodesMax - 2);
  CHECK(decoded(decoder, flat(AuditDecoder::kNodesMax + 1)) == "too_large");
}

TEST_CASE("a text of several values is read one by one") {
  AuditDecoder decoder;
  decoder.open("\xEF\xBB\xBF {\"a\":1e999} [\"x\"]\r\n5{\"b\":");
  Parts values;
  for (;;) {
    const std::string_view before = decoder.rest();
    const auto value = decoder.next();
    if (!value) {
      CHECK(value.error() == Reject::torn);
      CHECK(decoder.rest() == before);
      break;
    }
    REQUIRE(*value);
    values.push_back(show(**value));
  }
  CHECK(values == Parts{"{a=1e999}", "['x']", "5"});
  CHECK(decoder.rest() == R"({"b":)");
  decoder.open(" ");
  CHECK(decoder.rest().empty());
  CHECK(!decoder.next()->has_value());
}

TEST_CASE("an object's and an array's text is their JSON as it came") {
  const std::string record = R"( {"a" : [ 1e999, {"\u0062":"\ud800" } ],"c":{}} )";
  AuditDecoder decoder;
  const auto event = decoder.decode(record);
  REQUIRE(event);
  CHECK(event->root.text == record.substr(1, record.size() - 2));
  const Value* list = event->root.find("a");
  CHECK(list->text == R"([ 1e999, {"\u0062":"\ud800" } ])");
  CHECK(list->items[1].text == R"({"\u0062":"\ud800" })");
  CHECK(event->root.find("c")->text == "{}");
}

TEST_CASE("a decoder reads on after a giant, a refusal and a torn record") {
  AuditDecoder decoder;
  const std::string giant = R"({"a":")" + std::string(5'000'000, 'x') + R"(","b":[)" +
                            repeated("{\"c\":1},", 100'000) + "{}]}";
  for (int round = 0; round < 3; ++round) {
    const auto event = decoder.decode(giant);
    REQUIRE(event);
    CHECK(event->root.find("a")->text.size() == 5'000'000);
    CHECK(event->root.find("b")->size == 100'001);
    CHECK(decoded(decoder, R"({"a":{"b":["c"]}})") == "{a={b=['c']}}");
    CHECK(decoded(decoder, giant.substr(0, giant.size() / 2)) == "torn");
    CHECK(decoded(decoder, R"({"a":1e999})") == "{a=1e999}");
  }
}

TEST_CASE("every cut of a record is refused as torn and never crashes") {
  const std::string record =
      R"({"kind":"Event","n":-1.5e3,"t":true,"s":"\u0026\ud83d\ude00\\","o":{"a":[null,{}]}})";
  AuditDecoder decoder;
  REQUIRE(decoder.decode(record));
  for (std::size_t size = 1; size < record.size(); ++size) {
    CAPTURE(size);
    // A buffer of exactly this size, so that the sanitizer sees a read beyond it.
    const std::string cut(record.data(), size);
    CHECK(decoded(decoder, cut) == "torn");
  }
}

}  // namespace nodeportd
