#include "source/container_lines.hpp"

#include <catch2/catch.hpp>

#include "unit/source/followed.hpp"

namespace nodeportd::test {
namespace {

const std::string kTime = "2019-04-30T02:12:41.8443515Z ";

std::string docker(const std::string& escaped, const std::string& stream = "stdout") {
  return R"({"log":")" + escaped + R"(","stream":")" + stream +
         R"(","time":"2019-04-30T02:12:41Z"})";
}

// The records of a complete file.
Lines records_of(std::string text, std::uint64_t max_line = 1000) {
  std::vector<Record> records;
  const FramingLimits limits{.max_line = max_line, .last_line = LastLine::is_record};
  CHECK(frame_lines(text, 0, limits, records).consumed == text.size());
  unwrap_containers(text, records);
  Lines lines;
  for (const Record& record : records) lines.emplace_back(record.text);
  return lines;
}

}  // namespace

TEST_CASE("a CRI line is told by its time, its stream and its tag") {
  struct Row {
    std::string line;
    std::string payload;  // "-": it is no such line
    bool is_last = true;
    ContainerLine::Stream stream = ContainerLine::Stream::out;
  };
  const auto row = GENERATE(values<Row>({
      {"2019-04-30T02:12:41.8443515Z stdout F {}", "{}"},
      {"2019-04-30T02:12:41Z stdout F {}", "{}"},
      {"2019-04-30T02:12:41.8+02:00 stdout F {}", "{}"},
      {"2019-04-30T02:12:41.8-11:30 stdout P {}", "{}", false},
      {"2019-04-30T02:12:41Z stderr F a b", "a b", true, ContainerLine::Stream::err},
      {"2019-04-30T02:12:41Z stdout P:x:F {", "{", false},
      {"2019-04-30T02:12:41Z stdout F:P  {", " {"},
      {"2019-04-30T02:12:41Z stdout F ", ""},
      {"2019-04-30T02:12:41Z stdout F", "-"},
      {"2019-04-30T02:12:41Z stdout Q {}", "-"},
      {"2019-04-30T02:12:41Z stdout FP {}", "-"},
      {"2019-04-30T02:12:41Z stdlog F {}", "-"},
      {"2019-04-30T02:12:41 stdout F {}", "-"},
      {"2019-04-30T02:12:41+0200 stdout F {}", "-"},
      {"2019-04-30 02:12:41Z stdout F {}", "-"},
      {"19-04-30T02:12:41Z stdout F {}", "-"},
      {"2019-04-30T02:12:41.", "-"},
      {"2019", "-"},
      {"", "-"},
  }));
  CAPTURE(row.line);
  const auto line = parse_cri_line(row.line);
  REQUIRE(line.has_value() == (row.payload != "-"));
  if (!line) return;
  CHECK(line->payload == row.payload);
  CHECK(line->is_last == row.is_last);
  CHECK(line->stream == row.stream);
}

TEST_CASE("a Docker line is told by its keys, in any order") {
  struct Row {
    std::string line;
    std::string payload;  // "-": it is no such line
    bool is_last = true;
  };
  const auto row = GENERATE(values<Row>({
      {R"({"log":"a\n","stream":"stdout","time":"t"})", R"(a\n)"},
      {R"({"log":"a","stream":"stdout","time":"t"})", "a", false},
      {R"({"log":"","stream":"stdout","time":"t"})", "", false},
      {R"({"log":"\n","stream":"stdout"})", R"(\n)"},
      {R"({"log":"n","stream":"stdout"})", "n", false},
      {R"({"log":"\\n","stream":"stdout"})", R"(\\n)", false},
      {R"({"log":"\\\n","stream":"stdout"})", R"(\\\n)"},
      {R"({"log":"a\",\"stream\":\"x\n","stream":"stdout"})", R"(a\",\"stream\":\"x\n)"},
      {R"({"time":"t", "stream":"stdout", "log": "a\n" })", R"(a\n)"},
      {R"({"log":"a\n","stream":"stdout","attrs":{"k":"}\"","l":"m"},"time":"t"})", R"(a\n)"},
      {R"({"log":"a\n","stream":"stdout","attrs":{},"time":"t"})", R"(a\n)"},
      {R"({"log":"a\n","stream":"stdout","attrs":{"k":1},"time":"t"})", "-"},
      {R"({"log":"a\n","stream":"stdout","other":"t"})", "-"},
      {R"({"log":"a\n","stream":"file"})", "-"},
      {R"({"log":"a\n"})", "-"},
      {R"({"log":{"a":1},"stream":"stdout"})", "-"},
      {R"({"time":"t","log":"a\n"})", "-"},
      {R"({"log":"a\n","stream":"stdout"} x)", "-"},
      {R"({"log":"a\n","stream":"stdout")", "-"},
      {R"({"log":"a\)", "-"},
      {"{}", "-"},
      {"{", "-"},
  }));
  CAPTURE(row.line);
  const auto line = parse_docker_line(row.line);
  REQUIRE(line.has_value() == (row.payload != "-"));
  if (!line) return;
  CHECK(line->payload == row.payload);
  CHECK(line->is_last == row.is_last);
}

TEST_CASE("every carrier gives whole records, and other lines stay as they are") {
  struct Row {
    std::string name;
    std::string text;
    Lines records;
  };
  const std::string event = R"({"kind":"Event","n":1})";
  const std::string escaped = R"({\"kind\":\"Event\",\"n\":1})";
  const auto row = GENERATE_COPY(values<Row>({
      {"CRI", kTime + "stdout F " + event + "\n" + kTime + "stdout F x\n", {event, "x"}},
      {"CRI in pieces",
       kTime + "stdout P {\"a\r\n" + kTime + "stderr F I0430 klog\n" + kTime + "stdout P :b\n" +
           kTime + "stdout F :c}\r\n" + kTime + "stdout F x\n",
       {"{\"a:b:c}", "x"}},
      {"CRI without a word",
       kTime + "stdout F \n" + kTime + "stdout P \n" + kTime + "stdout F x",
       {"x"}},
      {"a killed container's front before the next event",
       kTime + "stdout P {\"a\n" + kTime + "stderr F panic\n" + kTime + "stdout P " + event + "\n" +
           kTime + "stdout F y\n",
       {"{\"a", event + "y"}},
      {"a list begins anew too",
       kTime + "stdout P {\"a\n" + kTime + "stdout F {\"kind\":\"EventList\"}\n",
       {"{\"a", "{\"kind\":\"EventList\"}"}},
      {"an object of another kind does not",
       kTime + "stdout P {\"a\":\n" + kTime + "stdout F {\"kind\":\"Events\"}}\n",
       {"{\"a\":{\"kind\":\"Events\"}}"}},
      {"pieces before a line of no container",
       kTime + "stdout P {\"a\n" + event + "\n",
       {"{\"a", event}},
      {"Docker: a whole object is the decoder's",
       docker(escaped + R"(\n)") + "\n",
       {docker(escaped + R"(\n)")}},
      {"Docker in pieces",
       docker("a") + "\n" + docker("err\\n", "stderr") + "\n" + docker("") + "\r\n" +
           docker(R"(\\n)") + "\n" + docker(R"(b\n)") + "\n" + docker(R"(c\n)"),
       {docker(R"(a\\nb\n)"), docker(R"(c\n)")}},
      {"Docker in pieces, keys in another order",
       R"({"stream":"stdout","log":"a"})"
       "\n"
       R"({"log":"b\n","stream":"stdout"})",
       {R"({"stream":"stdout","log":"ab\n"})"}},
      {"Docker: a killed container's front",
       docker("a") + "\n" + docker(escaped) + "\n" + docker(R"(\n)"),
       {docker("a"), docker(escaped + R"(\n)")}},
      {"CloudWatch's export to S3",
       "2023-01-01T00:00:00.000Z " + event + "\n2023-01-01T00:00:00.000Z I0101 klog\n",
       {event, "2023-01-01T00:00:00.000Z I0101 klog"}},
      {"subscription records behind each other",
       R"({"messageType":"DATA_MESSAGE","m":"}{\"messageType\":"}{"messageType":"CONTROL_MESSAGE"})"
       "\n"
       R"({"messageType":"x"})",
       {R"({"messageType":"DATA_MESSAGE","m":"}{\"messageType\":"})",
        R"({"messageType":"CONTROL_MESSAGE"})", R"({"messageType":"x"})"}},
      {"the border is one in lines of its kind alone",
       R"({"a":1}{"messageType":"x"})",
       {R"({"a":1}{"messageType":"x"})"}},
      {"pretty-printed",
       "{\n  \"a\": {\n  }\n}\r\n[\r\n  {\n  }\n]\n" + event + "\n",
       {"{\n  \"a\": {\n  }\n}", "[\r\n  {\n  }\n]", event}},
      {"pretty-printed behind a byte order mark",
       "\xEF\xBB\xBF[\n  1\n]\nx\n",
       {"\xEF\xBB\xBF[\n  1\n]", "x"}},
      {"a bracket ends no object", "{\n]\n}\n}\n", {"{\n]\n}", "}"}},
      {"what ends with the file", "{\n  \"a\": 1\n", {"{\n  \"a\": 1"}},
      {"plain, klog and legacy lines",
       event + "\nI0430 02:12:41 klog\n2019-04-30T02:12:41Z AUDIT: id=\"1\"\n 1\n",
       {event, "I0430 02:12:41 klog", "2019-04-30T02:12:41Z AUDIT: id=\"1\"", " 1"}},
  }));
  CAPTURE(row.name);
  CHECK(records_of(row.text) == row.records);
}

TEST_CASE("a joined record may be as long as max_line and ends before the line that is too much") {
  const std::string piece = kTime + "stdout P 0123456789";
  const std::string text = piece + "\n" + piece + "\n" + piece + "\n" + kTime + "stdout F x\n";
  const std::size_t three = 3 * piece.size() + 2;
  const std::size_t four = text.size() - 1;
  CHECK(records_of(text, four) == Lines{"012345678901234567890123456789x"});
  for (const std::size_t max_line : {three, three + 1, four - 1}) {
    // Both are cut, so what the container wrote cannot be said of either.
    CHECK(records_of(text, max_line) == Lines{text.substr(0, three), "x"});
  }
  CHECK(records_of(text, three - 1) == Lines{piece + "\n" + piece, "0123456789x"});
}

TEST_CASE("a record in pieces waits for its last piece, also over a restart") {
  Scene scene;
  scene.options.batch_bytes = GENERATE(64U, 65'536U);
  const std::string before = kTime + "stdout F {}\n";
  write_text(scene.log(), before + kTime + "stdout P {\"a\n");
  scene.open();
  CHECK(scene.news() == Lines{"{}"});
  append_text(scene.log(), kTime + "stderr F klog\n" + kTime + "stdo");
  CHECK(scene.news().empty());
  CHECK(scene.supply.marks()[0].offset == before.size());
  scene.restart();
  CHECK(scene.news().empty());
  append_text(scene.log(), "ut P b\n");
  CHECK(scene.news().empty());
  append_text(scene.log(), kTime + "stdout F c}\n");
  CHECK(scene.news() == Lines{"{\"abc}"});
  CHECK(scene.source->counters().streams.read.skipped.get() == 1);
  CHECK(scene.source->counters().streams.read.records.get() == 1);
}

TEST_CASE("the file that ends a rotation ends a record in pieces") {
  Scene scene;
  write_text(scene.log(), "x\n{\n  \"a\": 1,\n");
  scene.open();
  CHECK(scene.news() == Lines{"x"});
  const std::string rotated = scene.rotate(kTime + "stdout P b\n");
  CHECK(scene.news().empty());
  append_text(rotated, "  \"b\": 1\n}\n");  // by a writer that has not let go of it
  append_text(scene.log(), kTime + "stdout F c\n");
  CHECK(scene.news() == Lines{"{\n  \"a\": 1,\n  \"b\": 1\n}", "bc"});
}

TEST_CASE("a file of records without a newline is read in any steps") {
  Scene scene;
  scene.options.inputs[0].max_line = 20'000;
  scene.options.batch_bytes = GENERATE(16U, 4096U, 65'536U);
  Lines expected;
  std::string text;
  for (const std::size_t size : {10U, 5000U, 19'000U, 10U, 40'000U, 10U}) {
    expected.push_back(R"({"messageType":"DATA_MESSAGE","m":")" + std::string(size, 'm') + "\"}");
    text += expected.back();
  }
  expected[4] = expected[4].substr(0, 4096) + expected[4].substr(expected[4].size() - 4096);
  expected.pop_back();  // of the last it is not known that it is whole
  write_text(scene.log(), text);
  scene.open();
  CHECK(scene.news() == expected);
  append_text(scene.log(), R"({"messageT)");
  CHECK(scene.news().empty());
  append_text(scene.log(), R"(ype":"CONTROL_MESSAGE"})");
  CHECK(scene.news() == Lines{R"({"messageType":"DATA_MESSAGE","m":"mmmmmmmmmm"})"});
}

}  // namespace nodeportd::test
