#include "daemon/report/status_report.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

namespace nodeportd {
namespace {

Result<std::string> shown(const std::string& json) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = ::open_memstream(&text, &size);
  const Result<void> printed = print_status(json, stream);
  std::fclose(stream);
  std::string result(text, size);
  std::free(text);
  if (!printed) return fail(printed.error());
  return result;
}

}  // namespace

TEST_CASE("a report survives its JSON and shows what is wrong in words") {
  StatusReport report;
  report.cluster = "prod";
  report.node = "cp-1";
  report.records = 12;
  StreamStatus stream;
  stream.path = "/var/log/kubernetes/audit.log";
  stream.offset = 4'711;
  stream.unread = 17;
  report.streams = {stream};
  StatusReport::Sink sink;
  sink.courier.sink = "hook";
  sink.courier.alive = false;
  sink.courier.last_error = "connection \"refused\"\x1b[2J";
  sink.pending = 5;
  report.sinks = {sink};
  const auto text = shown(to_json(report));
  REQUIRE(text);
  for (const char* part : {"prod", "cp-1", "12 read", "4711", "17", "hook", "refused", "well"}) {
    CHECK(text->find(part) != std::string::npos);
  }
  CHECK(text->find('\x1b') == std::string::npos);

  report.ledger.durable = false;
  CHECK(shown(to_json(report))->find("UNDURABLE") != std::string::npos);
  report.ledger.durable = true;
  report.ledger.paused = true;
  CHECK(shown(to_json(report))->find("PAUSED") != std::string::npos);
}

TEST_CASE("a sink's last error is shown with its age, one of an older daemon without") {
  StatusReport report;
  StatusReport::Sink sink;
  sink.courier.sink = "hook";
  report.sinks = {sink};
  CHECK(shown(to_json(report))->find("ago") == std::string::npos);
  report.now = WallTime(std::chrono::hours(30));
  report.sinks[0].courier.last_error = "refused";
  report.sinks[0].courier.last_error_at = WallTime(std::chrono::hours(27));
  CHECK(shown(to_json(report))->find("3h ago: refused\n") != std::string::npos);
  CHECK(shown(R"({"sinks":[{"name":"hook","last_error":"refused"}]})")->find("  refused\n") !=
        std::string::npos);
}

TEST_CASE("what does not hold makes a report's state not well, and is told with its place") {
  StatusReport report;
  CHECK(shown(to_json(report))->find("NOT WELL") == std::string::npos);
  report.troubles = {{"source", "/var/log/audit.log", "there is no file under this path any more"}};
  const auto text = shown(to_json(report));
  REQUIRE(text);
  CHECK(text->find("state         NOT WELL, see TROUBLE\n") != std::string::npos);
  CHECK(text->find("source   /var/log/audit.log  there is no file") != std::string::npos);
}

TEST_CASE("what is no report is refused, an older one with fewer members is shown") {
  CHECK_FALSE(shown("no json"));
  CHECK_FALSE(shown("[]"));
  CHECK(shown("{\"version\":\"0.0.1\"}"));
}

}  // namespace nodeportd
