#include "decode/resync.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "decode/peek.hpp"

namespace nodeportd {
namespace {

const std::string kEvent =
    R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"b","verb":"create"})";
const std::string kTorn =
    R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete",)"
    R"("requestURI":"/api/v1/names)";

}  // namespace

TEST_CASE("an event that is glued to a torn line is found") {
  AuditDecoder decoder;
  const std::string record = kTorn + kEvent;
  REQUIRE(!decoder.decode(record));
  const Salvage salvage = resync(decoder, record);
  CHECK(salvage.front == kTorn);
  CHECK(salvage.whole == kEvent);
  const auto event = decoder.decode(salvage.whole);
  REQUIRE(event);
  CHECK(event->root.find("auditID")->text == "b");
}

TEST_CASE("of two torn lines and two events the events are found") {
  AuditDecoder decoder;
  const std::string record = kTorn + kTorn + kEvent + kEvent + "\r";
  const Salvage salvage = resync(decoder, record);
  CHECK(salvage.front == kTorn + kTorn);
  CHECK(salvage.whole == kEvent + kEvent + "\r");
}

TEST_CASE("a text in which no event is whole to its end is lost as a whole") {
  AuditDecoder decoder;
  const std::string inside = R"({"kind":"Event","requestObject":)" + kEvent + "}";
  for (const std::string& record :
       {kTorn, std::string(), std::string("x"), kTorn + kTorn, kTorn + inside, kEvent + "x",
        kTorn + kEvent + "{}", kTorn + kEvent + R"(,"a":1)"}) {
    CAPTURE(record);
    const Salvage salvage = resync(decoder, record);
    CHECK(salvage.front == record);
    CHECK(salvage.whole.empty());
  }
}

TEST_CASE("the search for a glued event gives up after 64 starts") {
  AuditDecoder decoder;
  std::string record;
  for (int i = 0; i < 64; ++i) record += kTorn;
  // The start of the record itself is none of them.
  const std::string within = record + kEvent;
  CHECK(resync(decoder, within).whole == kEvent);
  const std::string beyond = kTorn + record + kEvent;
  CHECK(resync(decoder, beyond).whole.empty());
}

TEST_CASE("a record that cannot be decoded is named by its text") {
  const std::string body =
      R"("requestObject":{"stageTimestamp":"2001-01-01T00:00:00Z","stage":"x")";
  const std::string received = R"(,"requestReceivedTimestamp":"2026-11-24T08:59:27.269327Z")";
  const std::string ended = R"(,"stageTimestamp":"2026-11-24T08:59:27.277194Z","annotations":{)";

  const std::string whole = kTorn + body + received + ended;
  const Peek both = peek(whole);
  CHECK(both.audit_id == "a");
  CHECK(both.stage == "ResponseComplete");
  CHECK(both.time == WallTime(Micros(1795510767277194)));

  CHECK(peek(kTorn + received).time == WallTime(Micros(1795510767269327)));
  CHECK(peek(kTorn + received + R"(,"stageTimestamp":"2026-11-)").time ==
        WallTime(Micros(1795510767269327)));
}

TEST_CASE("a record is named by its text where that is escaped in a carrier") {
  const Peek found = peek(
      R"({"log":"{\"auditID\":\"a\",\"stage\":\"Panic\",\"requestObject\":{\"stageTimestamp\":)"
      R"(\"2001-01-01T00:00:00Z\"},\"stageTimestamp\":\"2026-11-24T08:59:27.277194Z\")");
  CHECK(found.audit_id == "a");
  CHECK(found.stage == "Panic");
  CHECK(found.time == WallTime(Micros(1795510767277194)));
}

TEST_CASE("what the text does not say is empty") {
  for (const std::string& record :
       {std::string(), std::string("x"), std::string(R"("auditID":")"),
        std::string(R"("auditID":"","stage":"","stageTimestamp":"yesterday")")}) {
    CAPTURE(record);
    const Peek found = peek(record);
    CHECK(found.audit_id.empty());
    CHECK(found.stage.empty());
    CHECK(!found.time);
  }
  const std::string endless = R"("auditID":")" + std::string(10'000, 'x');
  CHECK(peek(endless).audit_id.size() == 256);
}

}  // namespace nodeportd
