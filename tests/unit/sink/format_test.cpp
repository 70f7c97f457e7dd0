#include "sink/format.hpp"

#include <catch2/catch.hpp>

#include "base/time_text.hpp"

using namespace nodeportd;

namespace {

Alert full_alert() {
  Alert alert;
  alert.id = "0123456789abcdef0123456789abcdef";
  alert.epoch = "9f86d081884c7d65";
  alert.revision = 2;
  alert.phase = Phase::update;
  alert.rule_id = "d7fc865e-b8a1-4029-a960-cf4403b821b6";
  alert.rule_name = "Kubernetes Node Port Creation";
  alert.level = Level::medium;
  alert.tags = {"attack.execution", "attack.t1204"};
  alert.cluster = "prod";
  alert.node = "cp-1";
  alert.window_start = *parse_time("2026-11-24T08:00:00Z");
  alert.window_end = *parse_time("2026-11-24T09:00:00Z");
  alert.first_time = *parse_time("2026-11-24T08:59:27.277194Z");
  alert.last_time = *parse_time("2026-11-24T08:59:28Z");
  alert.count = 18446744073709551615U;
  alert.group = {{"user", "alice"}, {"src_ip", "10.0.0.5"}, {"responseStatus.code", std::nullopt}};
  alert.values = {{"user_groups", {"dev", "system:authenticated"}}, {"empty", {}}};
  alert.user = "alice";
  alert.src_ip = "10.0.0.5";
  alert.message = "Kubernetes node port creation from user alice";
  alert.has_risk = true;
  alert.confidence = 70;
  alert.impact = 70;
  alert.score = 49;
  alert.risk_objects = {{"user", "User", "alice", 49}};
  alert.threat_objects = {{"src_ip", "IP Address", "10.0.0.5", 0}};
  alert.story = {"Kubernetes Security"};
  alert.mitre_attack_ids = {"T1204"};
  alert.events = {{"5e6c", *parse_time("2026-11-24T08:59:27.277194Z"), "ResponseComplete",
                   "/var/log/audit.log", 4096}};
  return alert;
}

Alert with_message(std::string_view message) {
  Alert alert;
  alert.message = message;
  return alert;
}

std::string message_in_json(std::string_view message) {
  const std::string json = to_json(with_message(message));
  const std::string_view key = R"("message":)";
  const std::size_t begin = json.find(key) + key.size();
  return json.substr(begin, json.find(R"(,"risk")") - begin);
}

}  // namespace

TEST_CASE("an alert is one JSON object with the documented keys in the documented order") {
  CHECK(to_json(full_alert()) ==
        R"({"alert_id":"0123456789abcdef0123456789abcdef","epoch":"9f86d081884c7d65","revision":2,)"
        R"("phase":"update","rule":{"id":"d7fc865e-b8a1-4029-a960-cf4403b821b6",)"
        R"("name":"Kubernetes Node Port Creation","level":"medium",)"
        R"("tags":["attack.execution","attack.t1204"]},"cluster":"prod","node":"cp-1",)"
        R"("window":{"start":"2026-11-24T08:00:00.000000Z","end":"2026-11-24T09:00:00.000000Z"},)"
        R"("first_time":"2026-11-24T08:59:27.277194Z","last_time":"2026-11-24T08:59:28.000000Z",)"
        R"("count":18446744073709551615,)"
        R"("group":{"user":"alice","src_ip":"10.0.0.5","responseStatus.code":null},)"
        R"("values":{"user_groups":["dev","system:authenticated"],"empty":[]},)"
        R"("user":"alice","src_ip":"10.0.0.5",)"
        R"("message":"Kubernetes node port creation from user alice",)"
        R"("risk":{"score":49,"confidence":70,"impact":70,)"
        R"("objects":[{"field":"user","type":"User","value":"alice","score":49}],)"
        R"("threat_objects":[{"field":"src_ip","type":"IP Address","value":"10.0.0.5"}],)"
        R"("story":["Kubernetes Security"],"mitre_attack_ids":["T1204"]},"exposure":[],)"
        R"("events":[{"audit_id":"5e6c","time":"2026-11-24T08:59:27.277194Z",)"
        R"("stage":"ResponseComplete","source":"/var/log/audit.log","offset":4096}]})");
}

TEST_CASE("what is not known is null, what is not so is left out") {
  Alert alert;
  alert.id = "0a";
  alert.epoch = "0b";
  alert.revision = 1;
  CHECK(to_json(alert) ==
        R"({"alert_id":"0a","epoch":"0b","revision":1,"phase":"first","rule":{"id":"","name":"",)"
        R"("level":"medium","tags":[]},"cluster":"","node":"",)"
        R"("window":{"start":"1970-01-01T00:00:00.000000Z","end":"1970-01-01T00:00:00.000000Z"},)"
        R"("first_time":"1970-01-01T00:00:00.000000Z","last_time":"1970-01-01T00:00:00.000000Z",)"
        R"("count":0,"group":{},"values":{},"user":null,"src_ip":null,"message":"","risk":null,)"
        R"("exposure":[],"events":[]})");
  alert.phase = Phase::final;
  alert.facts = {{"gap", "3m"}, {"ended", "killed"}};
  alert.closed_early = alert.undurable = alert.test = true;
  const std::string json = to_json(alert);
  CHECK(json.find(R"("phase":"final")") != std::string::npos);
  CHECK(json.ends_with(R"("events":[],"facts":{"gap":"3m","ended":"killed"},)"
                       R"("closed_early":true,"undurable":true,"test":true})"));
}

TEST_CASE("hostile text becomes valid JSON that a terminal does not act on") {
  const auto [text, json] = GENERATE(table<std::string, std::string>({
      {"say \"hi\" \\o/", R"("say \"hi\" \\o/")"},
      {"a\nb\r\tc", R"("a\nb\r\tc")"},
      {std::string("nul\0!", 5), R"("nul\u0000!")"},
      {"\x1b]0;pwned\x07", R"("\u001B]0;pwned\u0007")"},
      {"\x7f", R"("\u007F")"},
      {"\xc2\x9b"
       "31m",
       R"("\u009B31m")"},  // C1: CSI in one character
      {"\xe2\x80\xae"
       "gpj.exe",
       R"("\u202Egpj.exe")"},                                        // right-to-left override
      {"\xe2\x81\xa6x\xe2\x81\xa9", R"("\u2066x\u2069")"},           // isolates
      {"\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},             // line ends of JavaScript
      {"\xef\xbb\xbfx", R"("\uFEFFx")"},                             // byte order mark
      {"\xff\xfe", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                  // never UTF-8
      {"cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\""},          // a sequence without its end
      {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                  // an overlong slash
      {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},  // a surrogate
      {"grüße 漢字 🦊", "\"grüße 漢字 🦊\""},
  }));
  CHECK(message_in_json(text) == json);
}

TEST_CASE("names of fields are as hostile as their values") {
  Alert alert;
  alert.group = {{"a\"\n\xff", "v"}};
  alert.values = {{"\xe2\x80\xae", {"\x1b"}}};
  alert.facts = {{"\x07", "\x9b"}};
  const std::string json = to_json(alert);
  CHECK(json.find("\"group\":{\"a\\\"\\n\xef\xbf\xbd\":\"v\"}") != std::string::npos);
  CHECK(json.find(R"("values":{"\u202E":["\u001B"]})") != std::string::npos);
  CHECK(json.find("\"facts\":{\"\\u0007\":\"\xef\xbf\xbd\"}") != std::string::npos);
  CHECK(json.find('\n') == std::string::npos);
}

TEST_CASE("a written line gives its idempotency key back") {
  const Alert alert = full_alert();
  CHECK(delivered_key(to_json(alert)) == alert.idempotency_key());

  Alert undurable = full_alert();
  undurable.undurable = true;
  CHECK(delivered_key(to_json(undurable)) == std::nullopt);

  Alert forger = full_alert();
  forger.message = R"(,"undurable":true)";
  CHECK(delivered_key(to_json(forger)) == forger.idempotency_key());

  const std::string whole = to_json(alert);
  CHECK(delivered_key(whole.substr(0, whole.size() - 1)) == std::nullopt);
  CHECK(delivered_key(whole.substr(1)) == std::nullopt);
  const std::size_t inner = whole.find("},\"cluster\"");
  REQUIRE(inner != std::string::npos);
  CHECK(delivered_key(whole.substr(0, inner + 1)) == std::nullopt);
  CHECK(delivered_key("") == std::nullopt);
  CHECK(delivered_key("{}") == std::nullopt);
  CHECK(delivered_key(R"({"alert_id":"a","epoch":"b"})") == std::nullopt);
}

TEST_CASE("the line for a person says level, rule, message, fields and count") {
  Alert alert = full_alert();
  alert.count = 3;
  CHECK(to_line(alert) ==
        "medium Kubernetes Node Port Creation: Kubernetes node port creation from user alice "
        "(user alice, src_ip 10.0.0.5, responseStatus.code null) count 3");
  alert.group.clear();
  alert.facts = {{"gap", "3m"}};
  alert.test = true;
  CHECK(to_line(alert) ==
        "[test] medium Kubernetes Node Port Creation: Kubernetes node port creation from user "
        "alice (gap 3m) count 3");
}

TEST_CASE("the line for a person is printable and bounded, and its count is never cut off") {
  Alert alert = full_alert();
  alert.message = "\x1b[2J\n\xe2\x80\xae" + std::string(5000, 'm');
  for (int i = 0; i < 100; ++i) alert.group.emplace_back(std::string(300, 'n'), "\xff");
  const std::string line = to_line(alert);
  CHECK(line.size() <= 1024);
  CHECK(line.find(R"(\x1b[2J\x0a\u{202e}mmm)") != std::string::npos);
  CHECK(line.ends_with(" count 18446744073709551615"));
  CHECK(line.find('\n') == std::string::npos);
}
