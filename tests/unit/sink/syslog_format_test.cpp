#include "sink/syslog_format.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "support/sample_alert.hpp"

using namespace nodeportd;
using test::sample_alert;

namespace {

const SyslogOrigin kOrigin{
    .facility = 10, .app_name = "nodeportd", .hostname = "cp-1.example", .pid = 77};

std::string structured(const Alert& alert, std::size_t size_max = kSyslogSizeDefault) {
  return to_syslog(alert, SyslogForm::rfc5424, kOrigin, size_max);
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// As a receiver reads it: the end of the structured data, honouring escapes; npos if unbounded.
std::size_t end_of_structured_data(const std::string& text) {
  bool quoted = false;
  for (std::size_t i = text.find('['); i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ']' && !quoted) {
      return i;
    }
  }
  return std::string::npos;
}

}  // namespace

TEST_CASE("an alert is one RFC 5424 message with its facts as structured data") {
  CHECK(structured(sample_alert()) ==
        "<84>1 2026-11-24T08:59:28.000000Z cp-1.example nodeportd 77 update "
        "[nodeportd@32473 alert_id=\"0123456789abcdef0123456789ab1001\" epoch=\"9f86d081884c7d65\" "
        "revision=\"2\" phase=\"update\" rule_id=\"d7fc865e-b8a1-4029-a960-cf4403b821b6\" "
        "rule=\"Kubernetes Node Port Creation\" level=\"medium\" cluster=\"prod\" node=\"cp-1\" "
        "count=\"3\" user=\"alice\" src_ip=\"10.0.0.5\" "
        "window_start=\"2026-11-24T08:00:00.000000Z\" "
        "first_time=\"2026-11-24T08:59:27.277194Z\" last_time=\"2026-11-24T08:59:28.000000Z\" "
        "audit_id=\"5e6c\" risk_score=\"49\" g.user=\"alice\" g.objectRef.name=\"web\"] "
        "medium Kubernetes Node Port Creation: Kubernetes node port creation from user alice "
        "(user alice, objectRef.name web, responseStatus.code null) count 3");
}

TEST_CASE("the least that a receiver takes holds the longest frame") {
  const SyslogOrigin origin{.facility = 23, .hostname = std::string(255, 'h'), .pid = 4'194'304};
  Alert alert = sample_alert();
  alert.revision = 0xFFFF'FFFF;
  const auto form = GENERATE(SyslogForm::rfc5424, SyslogForm::rfc3164);
  const std::string message = to_syslog(alert, form, origin, kSyslogSizeLeast);
  CHECK(message.size() <= kSyslogSizeLeast);
  CHECK(holds(message, " revision=\"4294967295\""));
}

TEST_CASE("the local form tells any time that an event may bear") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  Alert alert = sample_alert();
  for (const char* year : {"0001", "1969", "2263", "9999"}) {
    alert.last_time = *parse_time(std::string(year) + "-06-07T08:09:10.5Z");
    CHECK(to_syslog(alert, SyslogForm::rfc3164, kOrigin).starts_with("<84>Jun  7 08:09:10 cp-1"));
  }
}

TEST_CASE("the local form is what every /dev/log understands, without a host name") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  Alert alert = sample_alert();
  alert.last_time = *parse_time("2026-11-04T08:09:07Z");
  SyslogOrigin origin = kOrigin;
  origin.hostname.clear();
  const std::string local = to_syslog(alert, SyslogForm::rfc3164, origin);
  CHECK(local.starts_with("<84>Nov  4 08:09:07 nodeportd[77]: medium Kubernetes Node Port Cre"));
  CHECK(holds(local, "count 3 alert_id=\"0123456789abcdef0123456789ab1001\" epoch="));
  CHECK(local.ends_with(" g.user=\"alice\" g.objectRef.name=\"web\""));
  CHECK(to_syslog(alert, SyslogForm::rfc3164, kOrigin)
            .starts_with("<84>Nov  4 08:09:07 cp-1.example nodeportd[77]: medium"));
}

TEST_CASE("the rule's level sets the severity and the option the facility") {
  const auto [level, facility, priority] = GENERATE(table<Level, unsigned, const char*>({
      {Level::informational, 10, "<86>"},
      {Level::low, 10, "<85>"},
      {Level::medium, 10, "<84>"},
      {Level::high, 10, "<83>"},
      {Level::critical, 10, "<82>"},
      {Level::critical, 0, "<2>"},
      {Level::medium, 13, "<108>"},
      {Level::low, 23, "<189>"},
  }));
  Alert alert = sample_alert();
  alert.level = level;
  SyslogOrigin origin = kOrigin;
  origin.facility = facility;
  CHECK(to_syslog(alert, SyslogForm::rfc5424, origin).starts_with(priority));
  CHECK(to_syslog(alert, SyslogForm::rfc3164, origin).starts_with(priority));
}

TEST_CASE("no value breaks out of its parameter") {
  const auto [hostile, shown] = GENERATE(table<std::string, std::string>({
      {R"(a"] [evil x="1)", R"(user="a\"\] [evil x=\"1")"},
      {R"(back\)", R"(user="back\\")"},
      {"two\nlines\r", R"(user="two\\x0alines\\x0d")"},
      {std::string("nul\0", 4), R"(user="nul\\x00")"},
      {"\xE2\x80\xAE"
       "evil",
       R"(user="\\u{202e}evil")"},
      {"bad \xFF utf", R"(user="bad \\xff utf")"},
      {"grüße", R"(user="grüße")"},
  }));
  Alert alert = sample_alert();
  alert.user = hostile;
  alert.group = {{"user", hostile}};
  alert.message = hostile;
  const std::string text = structured(alert);
  CAPTURE(text);
  CHECK(holds(text, ' ' + shown));
  CHECK(holds(text, " g." + shown));
  CHECK(printable(text) == text);
  CHECK(text.substr(end_of_structured_data(text)).starts_with("] medium Kubernetes"));
}

TEST_CASE("a parameter's name is what RFC 5424 allows, whatever a rule calls its field") {
  const auto [name, shown] = GENERATE(table<std::string, std::string>({
      {"a b=c]d\"e", " g.a_b_c_d_e=\"x\""},
      {"café\n", " g.caf___=\"x\""},
      {"requestObject.metadata.annotations", " g.requestObject.metadata.annotat=\"x\""},
  }));
  Alert alert = sample_alert();
  alert.group = {{name, "x"}};
  CHECK(holds(structured(alert), shown));
}

TEST_CASE("facts of a notice, a test and an undurable alert are marked") {
  Alert alert;
  alert.rule_name = "source.lines_lost";
  alert.facts = {{"path", "/var/log/audit.log"}};
  alert.test = true;
  alert.undurable = true;
  const std::string text = structured(alert);
  CHECK(holds(text, R"( phase="first" undurable="true" test="true" rule=)"));
  CHECK(holds(text, R"( f.path="/var/log/audit.log"])"));
  CHECK_FALSE(holds(text, "user="));
  CHECK_FALSE(holds(text, "audit_id="));
  CHECK_FALSE(holds(text, "risk_score="));
}

TEST_CASE("values are cut to fit, ids and the frame never") {
  const std::size_t size_max = GENERATE(as<std::size_t>{}, 480, 2048, 8192);
  const std::string filling = GENERATE(std::string(5000, 'a'), std::string(5000, '"'),
                                       std::string(5000, '\n'), std::string(5000, '\xC3'));
  Alert alert = sample_alert();
  alert.user = alert.src_ip = filling;
  alert.message = alert.rule_name = alert.cluster = alert.node = alert.rule_id = filling;
  alert.events.front().audit_id = filling;
  alert.group.clear();
  for (int i = 0; i < 50; ++i) alert.group.emplace_back("f" + std::to_string(i), filling);
  const std::string text = structured(alert, size_max);
  CHECK(text.size() <= size_max);
  CHECK(text.size() > size_max / 3);
  CHECK(holds(text, " alert_id=\"0123456789abcdef0123456789ab1001\" "));
  CHECK(holds(text, " epoch=\"9f86d081884c7d65\" revision=\"2\" phase=\"update\""));
  CHECK(holds(text, " last_time=\"2026-11-24T08:59:28.000000Z\" ") == (size_max > 480));
  CHECK(holds(text, " omitted=\""));
  CHECK(end_of_structured_data(text) != std::string::npos);
  CHECK(printable(text) == text);
  CHECK(to_syslog(alert, SyslogForm::rfc3164, kOrigin, size_max).size() <= size_max);
}

TEST_CASE("a frame on a stream counts its octets, not its characters") {
  CHECK(octet_counted("grüße") == "7 grüße");
  CHECK(octet_counted("") == "0 ");
}
