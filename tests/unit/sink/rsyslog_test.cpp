#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>
#include <sstream>

#include "sink/syslog_sink.hpp"
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/loopback.hpp"
#include "support/sample_alert.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using namespace nodeportd::test;
using namespace std::chrono_literals;
using Transport = SyslogSinkOptions::Transport;

namespace {

constexpr const char* kRsyslogd = "/usr/sbin/rsyslogd";

bool is_installed() {
  if (std::filesystem::exists(kRsyslogd)) return true;
  WARN("rsyslogd is not installed: not tested against it");
  return false;
}

// A real rsyslogd on a socket and two ports of its own.
class Rsyslog {
 public:
  Rsyslog() {
    write_text(
        dir_ / "conf",
        "global(workDirectory=\"" + dir_.path().string() + "\")\n" +
            "module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
            "module(load=\"imudp\")\nmodule(load=\"imtcp\")\n"
            "template(name=\"fields\" type=\"string\" string=\"%inputname%|%pri%|%timestamp:::"
            "date-rfc3339%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n\")\n"
            "input(type=\"imuxsock\" Socket=\"" +
            socket() + "\" RateLimit.Interval=\"0\")\n" +
            "input(type=\"imudp\" address=\"127.0.0.1\" port=\"" + std::to_string(udp_) + "\")\n" +
            "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"" + std::to_string(tcp_) + "\")\n" +
            "action(type=\"omfile\" file=\"" + (dir_ / "out") + "\" template=\"fields\")\n");
    start();
  }

  void start() {
    process_.emplace(
        std::vector<std::string>{kRsyslogd, "-n", "-f", dir_ / "conf", "-i", dir_ / "pid"});
  }
  void kill() {
    process_.reset();
    std::filesystem::remove(dir_ / "pid");
  }

  [[nodiscard]] SyslogSinkOptions options(Transport transport) const {
    SyslogSinkOptions options;
    options.transport = transport;
    options.path = socket();
    options.peer = {"127.0.0.1", transport == Transport::udp ? udp_ : tcp_};
    if (transport != Transport::local) options.form = SyslogForm::rfc5424;
    options.hostname = "cp-1";
    return options;
  }

  // The line that holds this alert, once it is there.
  [[nodiscard]] std::string line_of(const Alert& alert) const {
    std::string found;
    CHECK(eventually([&] {
      std::istringstream lines(read_text(dir_ / "out"));
      for (std::string line; std::getline(lines, line);) {
        if (line.find(alert.id) != std::string::npos) found = line;
      }
      return !found.empty();
    }));
    return found;
  }

 private:
  [[nodiscard]] std::string socket() const { return dir_ / "log"; }

  TempDir dir_;
  std::uint16_t udp_ = free_port(SOCK_DGRAM);
  std::uint16_t tcp_ = free_port(SOCK_STREAM);
  std::optional<ChildProcess> process_;
};

bool delivers(Sink& sink, const Alert& alert) {
  return sink.deliver({&alert, 1}).front().kind == Outcome::Kind::delivered;
}

Alert hostile_alert(int number) {
  Alert alert = sample_alert(number);
  alert.user = "eve\"] x\\\n\xE2\x80\xAE grüße|%msg%";
  return alert;
}

}  // namespace

TEST_CASE("a real rsyslog reads every field, over each transport") {
  if (!is_installed()) return;
  const Rsyslog rsyslog;
  const std::string pid = std::to_string(::getpid());
  const std::string message =
      "medium Kubernetes Node Port Creation: Kubernetes node port creation from user alice (user "
      "alice, objectRef.name web, responseStatus.code null) count 3";

  SyslogSink local(rsyslog.options(Transport::local));
  REQUIRE(eventually([&] { return delivers(local, hostile_alert(1)); }));
  const std::string line = rsyslog.line_of(hostile_alert(1));
  CHECK(line.starts_with("imuxsock|84|"));
  CHECK_THAT(line, Catch::Contains("|nodeportd|" + pid + "|-|-| " + message + " alert_id=\""));
  CHECK_THAT(line, Catch::Contains(R"( user="eve\"\] x\\\\x0a\\u{202e} grüße|%msg%" src_ip=)"));

  const auto [transport, input] = GENERATE(
      table<Transport, std::string>({{Transport::udp, "imudp"}, {Transport::tcp, "imtcp"}}));
  const Alert alert = hostile_alert(2);
  SyslogSink sink(rsyslog.options(transport));
  REQUIRE(eventually([&] { return delivers(sink, alert); }));
  const std::string sent = to_syslog(alert, SyslogForm::rfc5424, {});
  const std::string data = sent.substr(sent.find('['), sent.rfind(']') + 1 - sent.find('['));
  REQUIRE_THAT(data, Catch::EndsWith("g.objectRef.name=\"web\"]"));
  CHECK(rsyslog.line_of(alert) == input + "|84|2026-11-24T08:59:28.000000Z|cp-1|nodeportd|" + pid +
                                      "|update|" + data + '|' + message);
}

TEST_CASE("over kills and restarts of a real rsyslog no alert is lost") {
  if (!is_installed()) return;
  const Transport transport = GENERATE(Transport::local, Transport::udp, Transport::tcp);
  Rsyslog rsyslog;
  SyslogSink sink(rsyslog.options(transport));
  REQUIRE(eventually([&] { return delivers(sink, sample_alert(0)); }));
  for (int number = 1; number < 6; number += 2) {
    (void)rsyslog.line_of(sample_alert(number - 1));
    rsyslog.kill();
    // Nobody is there to take it, and that is seen, with a connection from before too.
    CHECK_FALSE(delivers(sink, sample_alert(number)));
    rsyslog.start();
    REQUIRE(eventually([&] { return delivers(sink, sample_alert(number)); }));
    REQUIRE(delivers(sink, sample_alert(number + 1)));
    CHECK_FALSE(rsyslog.line_of(sample_alert(number)).empty());
  }
  CHECK_FALSE(rsyslog.line_of(sample_alert(6)).empty());
}
