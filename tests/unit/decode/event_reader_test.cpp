#include "decode/event_reader.hpp"

#include <malloc.h>

#include <catch2/catch.hpp>
#include <string>

#include "decode/carriers.hpp"
#include "unit/decode/reading.hpp"

namespace nodeportd {
namespace {

using test::as_json_text;
using test::azure;
using test::cloudwatch;
using test::docker;
using test::otlp;
using test::Parts;
using test::read_parts;

std::string event(const std::string& id) {
  return R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":")" + id +
         R"(","verb":"create","requestObject":{"note":"a \"quoted\" \\ \u0026 text"}})";
}

std::string shown(const std::string& id) {
  return "{kind='Event',apiVersion='audit.k8s.io/v1',auditID='" + id +
         "',verb='create',requestObject={note='a \"quoted\" \\ & text'}}";
}

const std::string kTorn = event("torn").substr(0, 70);
const std::string kCut = event("cut").substr(0, 70) + "[Truncated...]";

}  // namespace

TEST_CASE("the same event is found in every carrier") {
  const std::string one = event("one");
  const std::string wrapped = GENERATE_COPY(values<std::string>(
      {one, "\xEF\xBB\xBF " + one + "\r", "[" + one + "]", docker(one), cloudwatch({one}),
       R"({"events":[{"timestamp":1795510767277,"message":)" + as_json_text(one) +
           R"(,"ingestionTime":1795510767999}],"nextForwardToken":"f/1"})",
       R"([{"timestamp":1795510767277,"message":)" + as_json_text(one) +
           R"(,"ingestionTime":1795510767999}])",
       azure(as_json_text(one)), azure(one), azure(as_json_text(one + "\n"), "kube-audit-admin"),
       R"({"records":[)" + azure(one) + "]}",
       R"({"category":"kube-audit","properties":)" +
           as_json_text(R"({"log":)" + as_json_text(one) + R"(,"stream":"stdout"})") + "}",
       R"({"Category":"kube-audit","log_s":)" + as_json_text(one) + R"(,"stream_s":"stdout"})",
       R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[)" + one + "]}",
       otlp(R"({"stringValue":)" + as_json_text(one) + "}"),
       docker(cloudwatch({docker(one)}))}));  // as deep as carriers are opened
  CAPTURE(wrapped);
  CHECK(read_parts(wrapped) == Parts{shown("one")});
}

TEST_CASE("a record's events count in its order, and so do the parts that cannot be read") {
  const std::string record =
      cloudwatch({event("a"), kCut, "I1124 klog line", event("b") + event("c"), kTorn});
  const Parts parts = {shown("a"), "cut: " + kCut, shown("b"), shown("c"), "torn: " + kTorn};
  EventReader reader;
  for (int round = 0; round < 2; ++round) CHECK(read_parts(reader, record) == parts);
}

TEST_CASE("objects side by side are records of their own") {
  const std::string data = cloudwatch({event("a")});
  const std::string control =
      R"({"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","message":"{}"}]})";
  CHECK(read_parts(data + control + data) == Parts{shown("a"), shown("a")});
  CHECK(read_parts(event("a") + " " + docker(event("b")) + "\r\n" + event("c")) ==
        Parts{shown("a"), shown("b"), shown("c")});
  CHECK(read_parts(event("a") + "}") == Parts{shown("a"), "not_json: }"});
  CHECK(read_parts(event("a") + "5") == Parts{shown("a"), "not_json: 5"});
  // Numbers that RapidJSON does not take are read in all of them.
  CHECK(read_parts(R"({"a":1e999}{"b":"1"}{"c":-2e9999})") ==
        Parts{"{a=1e999}", "{b='1'}", "{c=-2e9999}"});
}

TEST_CASE("an event that is glued to a torn one is found, in a carrier too") {
  const Parts parts = {"torn: " + kTorn, shown("a"), shown("b")};
  CHECK(read_parts(kTorn + event("a") + event("b")) == parts);
  CHECK(read_parts(docker(kTorn + event("a") + event("b"))) == parts);
  CHECK(read_parts(event("a") + kTorn + event("b")) ==
        Parts{shown("a"), "torn: " + kTorn, shown("b")});
  const std::string zeros(100, '\0');
  CHECK(read_parts(zeros + event("a")) == Parts{"torn: " + zeros, shown("a")});
}

TEST_CASE("what holds no event is told with its reason, or is another log's") {
  struct Row {
    std::string record;
    Parts parts;
  };
  const std::string legacy =
      R"(2026-02-09T15:30:32.3134Z AUDIT: id="c0f" stage="ResponseComplete" ip="::1")";
  const auto row = GENERATE_COPY(values<Row>({
      {"", {"not_json: "}},
      {"hello", {"not_json: hello"}},
      {"2026-11-24T08:59:27Z x", {"not_json: 2026-11-24T08:59:27Z x"}},
      {"[core] balancer", {"not_json: [core] balancer"}},
      {"[]", {}},
      {R"([{"a":1},2,3])", {"{a=1}", R"(not_an_object: [{"a":1},2,3])"}},
      {legacy, {"legacy_format: " + legacy}},
      {docker(legacy), {"legacy_format: " + legacy}},
      {kCut, {"cut: " + kCut}},
      {docker("I1124 08:59:27 httplog.go] text"), {}},
      {docker("{not json}"), {"not_json: {not json}"}},
      {docker(event("a"), "stderr"), {}},
      {cloudwatch({}), {}},
      {R"({"messageType":"DATA_MESSAGE","logEvents":[{"id":"1"}]})",
       {R"(not_an_object: {"id":"1"})"}},
      {azure(as_json_text("I1124 text"), "kube-apiserver"), {}},
      {azure(as_json_text(event("a")), "guard"), {}},
      {azure(as_json_text(kTorn)), {"torn: " + kTorn}},
      {otlp(R"({"stringValue":"type=BPF op=LOAD"})"), {}},
      {otlp(R"({"bytesValue":"eyJr"})"), {R"(packed: {"bytesValue":"eyJr"})"}},
      {R"({"awslogs":{"data":"H4sI"}})", {R"(packed: {"awslogs":{"data":"H4sI"}})"}},
      {R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[null]})",
       {"not_an_object: [null]"}},
  }));
  CAPTURE(row.record);
  CHECK(read_parts(row.record) == row.parts);
}

TEST_CASE("an object that is no known carrier is handed on as it is") {
  const std::string record = GENERATE_COPY(values<std::string>(
      {R"({"a":1})", R"({"log":"{}"})", R"({"message":"{}","timestamp":1})",
       R"({"kind":"EventList","apiVersion":"v1","items":[{"a":1}]})",
       R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1"})", R"({"events":[],"records":[]})",
       R"({"protoPayload":{"serviceName":"compute.googleapis.com","methodName":"v1.create"}})",
       R"({"category":"AuditEvent","properties":{"id":"1"}})", R"({"awslogs":"x"})",
       R"({"metadata":{"creationTimestamp":"2026-11-24T08:59:27Z"},"timestamp":"x"})"}));
  CAPTURE(record);
  AuditDecoder decoder;
  CHECK(read_parts(record) == Parts{test::show(decoder.decode(record)->root)});
}

TEST_CASE("nothing that a client writes makes an event a carrier") {
  const std::string lure = docker(event("lure"));
  const std::string body = GENERATE_COPY(values<std::string>(
      {lure, azure(event("lure")), "[" + lure + "]", as_json_text(lure),
       R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)" + lure + "]}"}));
  const std::string record = R"({"auditID":"a","requestObject":)" + body + "}";
  AuditDecoder decoder;
  const Parts whole = {test::show(decoder.decode(record)->root)};
  CHECK(read_parts(record) == whole);
  // Members that carriers have beside an auditID do not hide the event, and nor is an item opened.
  CHECK(read_parts(R"({"auditID":"a","log":"","stream":"stderr"})").size() == 1);
  CHECK(read_parts(R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)" + lure + "]}")
            .front()
            .starts_with("{log="));
}

TEST_CASE("the last of duplicate members counts in carriers as well") {
  CHECK(
      read_parts(R"({"log":"{\"a\":1}","stream":"stderr","log":"{\"a\":2}","stream":"stdout"})") ==
      Parts{"{a=2}"});
}

TEST_CASE("a carrier beyond the third is handed on as it is") {
  const std::string fourth = docker(docker(docker(docker(event("a")))));
  const Parts parts = read_parts(fourth);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].starts_with("{log='{\"kind\":\"Event\""));
}

TEST_CASE("an event's raw text is its own, not its carrier's") {
  const auto raw_of = [](const std::string& record) {
    Parts texts;
    EventReader reader;
    reader.read(
        record, [&](const AuditEvent& found, std::uint32_t) { texts.emplace_back(found.raw); },
        [](std::string_view, Reject, std::uint32_t) {});
    return texts;
  };
  const std::string item = R"({"auditID":"a", "n":1e999,"o":{"a":[1,{}]}})";
  CHECK(raw_of(" " + item + "\r") == Parts{item});
  CHECK(raw_of(docker(item)) == Parts{item});
  CHECK(raw_of(R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)" + item + " , " +
               item + "]}") == Parts{item, item});
  CHECK(raw_of("[" + item + "]" + event("b")) == Parts{item, event("b")});
}

TEST_CASE("older versions are read with the names of v1") {
  const std::string old =
      R"("auditID":"a","metadata":{"creationTimestamp":"2026-01-01T00:00:02Z"},)"
      R"("timestamp":"2026-01-01T00:00:01Z")";
  const std::string old_shown =
      "auditID='a',metadata={creationTimestamp='2026-01-01T00:00:02Z'},"
      "timestamp='2026-01-01T00:00:01Z'";
  CHECK(read_parts("{" + old + "}") == Parts{"{" + old_shown +
                                             ",requestReceivedTimestamp='2026-01-01T00:00:01Z',"
                                             "stageTimestamp='2026-01-01T00:00:02Z'}"});
  // v1beta1 has both; a time that is zero is null.
  CHECK(read_parts("{" + old + R"(,"requestReceivedTimestamp":"r","stageTimestamp":null})") ==
        Parts{"{" + old_shown +
              ",requestReceivedTimestamp='r',stageTimestamp='2026-01-01T00:00:02Z'}"});
  // v1alpha1 tells Knative's services from core's by this alone.
  const std::string knative = R"({"resource":"services","apiVersion":"serving.knative.dev/v1"})";
  CHECK(read_parts(R"({"auditID":"a","objectRef":)" + knative + "}") ==
        Parts{"{auditID='a',objectRef={resource='services',apiGroup='serving.knative.dev',"
              "apiVersion='v1'}}"});
  CHECK(read_parts(R"({"auditID":"a","objectRef":{"resource":"services","apiVersion":"v1"}})") ==
        Parts{"{auditID='a',objectRef={resource='services',apiVersion='v1'}}"});
}

TEST_CASE("OpenShift's audit level is read from where its collector puts it") {
  const std::string name =
      GENERATE_COPY(values<std::string>({"k8s_audit_level", "openshift_audit_level"}));
  const std::string record = R"({"@timestamp":"t1","timestamp":"t2","auditID":"a",")" + name +
                             R"(":"Request","level":"default","verb":"get"})";
  CHECK(read_parts(record) == Parts{"{@timestamp='t1',timestamp='t2',auditID='a'," + name +
                                    "='Request',verb='get',level='Request'}"});
}

TEST_CASE("a structured OTLP body is put together again") {
  const std::string body =
      R"({"kvlistValue":{"values":[{"key":"auditID","value":{"stringValue":"a"}},)"
      R"({"key":"code","value":{"intValue":"201"}},{"key":"n","value":{"intValue":7}},)"
      R"({"key":"d","value":{"doubleValue":0.5}},{"key":"yes","value":{"boolValue":true}},)"
      R"({"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"},{}]}}},)"
      R"({"key":"empty","value":{"arrayValue":{}}},{"key":"none"},)"
      R"({"key":"o","value":{"kvlistValue":{"values":[{"key":"p","value":{"intValue":"1"}}]}}}]}})";
  CHECK(read_parts(otlp(body)) ==
        Parts{"{auditID='a',code=201,n=7,d=0.5,yes=true,list=['x',null],empty=null,none=null,"
              "o={p=1}}"});
  // A carrier in it is opened like any other.
  const std::string carrier = R"({"kvlistValue":{"values":[{"key":"log","value":{"stringValue":)" +
                              as_json_text(event("a")) +
                              R"(}},{"key":"stream","value":{"stringValue":"stdout"}}]}})";
  CHECK(read_parts(otlp(carrier)) == Parts{shown("a")});
}

TEST_CASE("an OTLP body that is no object is refused, and an empty one is empty") {
  CHECK(read_parts(otlp(R"({"kvlistValue":{}})")) == Parts{"{}"});
  CHECK(read_parts(otlp(R"({"kvlistValue":{"values":[]}})")) == Parts{"{}"});
  const std::string body = GENERATE(R"({"kvlistValue":{"values":{"key":"auditID"}}})",
                                    R"({"intValue":"1","kvlistValue":{"values":null}})");
  CHECK(read_parts(otlp(body)) == Parts{"not_an_object: " + body});
}

TEST_CASE("depth is a client's to choose, and no depth breaks a reader") {
  EventReader reader;
  const auto depth_of = [&](const std::string& record) {
    std::size_t depth = 0;
    reader.read(
        record,
        [&](const AuditEvent& found, std::uint32_t) {
          for (const Value* value = &found.root; value->size > 0; ++depth) {
            value = value->kind == Value::Kind::array ? value->items : &value->members->value;
          }
        },
        [](std::string_view, Reject, std::uint32_t) {});
    return depth;
  };
  std::string any = R"({"stringValue":"x"})";
  for (int i = 0; i < 2'000; ++i) {
    any.insert(0, R"({"kvlistValue":{"values":[{"key":"a","value":)").append("}]}}");
  }
  CHECK(depth_of(otlp(any)) == 2'000);
  const std::string deep = R"({"a":)" + std::string(10'000, '[') + std::string(10'000, ']') + '}';
  CHECK(depth_of(docker(deep)) == 10'000);
  const std::string deeper = R"({"a":)" + std::string(1'000'000, '[');
  CHECK(read_parts(reader, docker(deeper)) == Parts{"too_deep: " + deeper});
  std::string dockers = event("a");
  for (int i = 0; i < 14; ++i) dockers = docker(dockers);
  CHECK(read_parts(reader, dockers).size() == 1);
}

TEST_CASE("many events in one record cost no more than each alone") {
  std::string record;
  for (int i = 0; i < 100'000; ++i) record += R"({"auditID":"a"})";
  CHECK(read_parts(record).size() == 100'000);
  std::string blanked;
  for (int i = 0; i < 20'000; ++i) blanked += R"({"a":1e999})";
  CHECK(read_parts(blanked).size() == 20'000);
}

// A sanitizer has an allocator of its own.
#ifndef NODEPORTD_SANITIZED

TEST_CASE("what a giant took is given back once it is read") {
  std::string record = R"({"a":[)";
  for (int i = 0; i < 300'000; ++i) record += "1,";
  record += "1]}";
  const auto held = [] {
    const struct mallinfo2 heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
  };
  EventReader reader;
  const std::size_t before = held();
  std::size_t meanwhile = 0;
  reader.read(
      record, [&](const AuditEvent& /*event*/, std::uint32_t) { meanwhile = held(); },
      [](std::string_view, Reject, std::uint32_t) { FAIL("nothing is refused"); });
  CHECK(meanwhile > before + 10'000'000);
  CHECK(held() < before + 2'000'000);
}

#endif

TEST_CASE("memory from the arena lasts while an event is looked at") {
  EventReader reader;
  int seen = 0;
  reader.read(
      cloudwatch({event("a"), event("b")}) + event("c"),
      [&](const AuditEvent& found, std::uint32_t) {
        auto* numbers = static_cast<int*>(reader.arena().allocate(100'000 * sizeof(int)));
        for (int i = 0; i < 100'000; ++i) numbers[i] = i;
        CHECK(found.root.find("auditID")->text == std::string(1, static_cast<char>('a' + seen)));
        CHECK(numbers[99'999] == 99'999);
        ++seen;
      },
      [](std::string_view, Reject, std::uint32_t) { FAIL("nothing is refused"); });
  CHECK(seen == 3);
}

TEST_CASE("what the scan cannot see into is read whatever it holds") {
  const std::string packed = GENERATE_COPY(values<std::string>(
      {R"({"awslogs":{"data":"H4sI"}})", " \t{ \"awslogs\" : {}}", "\xEF\xBB\xBF{\"awslogs\":{}}",
       R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"bytesValue":"e30="}}]}]}]})",
       R"(2026-02-09T15:30:32.313441123-04:00 AUDIT: id="c0f" ip="::1" method="POST")"}));
  CHECK(must_read(packed));
}

TEST_CASE("what the scan sees into is left to the scan") {
  const std::string seen = GENERATE(values<std::string>(
      {event("a"), docker(event("a")), kCut, otlp(R"({"stringValue":""})"), azure(event("a")), "",
       "I1124 AUDIT: text", std::string(100, 'x') + R"( AUDIT: id="" in a message)"}));
  CAPTURE(seen);
  CHECK(!must_read(seen));
}

}  // namespace nodeportd
