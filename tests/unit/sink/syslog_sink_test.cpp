#include "sink/syslog_sink.hpp"

#include <sys/ioctl.h>
#include <sys/un.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <charconv>
#include <future>
#include <thread>

#include "support/eventually.hpp"
#include "support/loopback.hpp"
#include "support/sample_alert.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using namespace nodeportd::test;
using namespace std::chrono_literals;
using Transport = SyslogSinkOptions::Transport;

namespace {

SyslogSinkOptions local_options(const std::string& path) {
  SyslogSinkOptions options;
  options.path = path;
  options.timeout = 30s;
  return options;
}

SyslogSinkOptions remote_options(Transport transport, std::uint16_t port,
                                 const std::string& host = "127.0.0.1") {
  SyslogSinkOptions options;
  options.transport = transport;
  options.peer = {host, port};
  options.form = SyslogForm::rfc5424;
  options.hostname = "cp-1";
  options.timeout = 30s;
  return options;
}

std::vector<Alert> sample_alerts(int number) {
  std::vector<Alert> alerts;
  for (int i = 0; i < number; ++i) alerts.push_back(sample_alert(i));
  return alerts;
}

// A stream between the two holds at most 4.5 MiB: 4 MiB of tcp_wmem and what the reader's buffer
// takes.
constexpr int kReadBuffer = 64 * 1024;

Loopback bind_slow_reader() {
  Loopback tcp = bind_loopback(SOCK_STREAM);
  ::setsockopt(tcp.fd.get(), SOL_SOCKET, SO_RCVBUF, &kReadBuffer, sizeof(kReadBuffer));
  return tcp;
}

std::vector<Alert> more_than_kernels_hold() {
  std::vector<Alert> alerts = sample_alerts(700);
  for (Alert& alert : alerts) {
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) {
      alert.group.emplace_back(name, std::string(1000, 'x'));
    }
  }
  return alerts;
}

std::size_t count_delivered(const std::vector<Outcome>& outcomes) {
  const auto first_other = std::find_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) {
    return o.kind != Outcome::Kind::delivered;
  });
  CHECK(std::all_of(first_other, outcomes.end(),
                    [](const Outcome& o) { return o.kind == Outcome::Kind::retry; }));
  return static_cast<std::size_t>(first_other - outcomes.begin());
}

bool is_delivered(Sink& sink, const Alert& alert) {
  return count_delivered(sink.deliver({&alert, 1})) == 1;
}

std::string failure_of(Sink& sink, const Alert& alert) {
  const std::vector<Outcome> outcomes = sink.deliver({&alert, 1});
  REQUIRE(outcomes.at(0).kind == Outcome::Kind::retry);
  return outcomes.at(0).why;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Fd bind_local(const std::string& path) {
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ::unlink(path.c_str());
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

// Takes whole octet-counted frames off the front of `stream`, up to the first that is malformed.
std::vector<std::string> take_frames(std::string& stream) {
  std::vector<std::string> frames;
  for (;;) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(stream.data(), stream.data() + stream.size(), size);
    const auto digits = static_cast<std::size_t>(end - stream.data());
    if (error != std::errc() || stream.size() < digits + 1 + size) return frames;
    if (stream[digits] != ' ') return frames;
    frames.push_back(stream.substr(digits + 1, size));
    stream.erase(0, digits + 1 + size);
  }
}

// All frames until the stream ends.
std::vector<std::string> read_frames(int fd) {
  std::string stream;
  for (std::string piece = receive(fd); !piece.empty(); piece = receive(fd)) stream += piece;
  return take_frames(stream);
}

void check_is_alert(const std::string& message, const Alert& alert) {
  CAPTURE(message.substr(0, 200), alert.id);
  CHECK(holds(message, "alert_id=\"" + alert.id + '"'));
}

}  // namespace

TEST_CASE("the local socket gets RFC 3164, UDP and TCP get RFC 5424") {
  const TempDir dir;
  const Fd local = bind_local(dir / "log");
  SyslogSink to_local(local_options(dir / "log"));
  REQUIRE(is_delivered(to_local, sample_alert()));
  const std::string local_message = receive(local.get());
  CHECK(local_message.starts_with("<84>Nov 24 "));
  CHECK(holds(local_message, " nodeportd[" + std::to_string(::getpid()) + "]: medium "));
  check_is_alert(local_message, sample_alert());

  const std::string header = "<84>1 2026-11-24T08:59:28.000000Z cp-1 nodeportd ";
  const Loopback udp = bind_loopback(SOCK_DGRAM);
  SyslogSink to_udp(remote_options(Transport::udp, udp.port));
  REQUIRE(is_delivered(to_udp, sample_alert()));
  const std::string datagram = receive(udp.fd.get());
  CHECK(datagram.starts_with(header));

  const Loopback tcp = bind_loopback(SOCK_STREAM);
  SyslogSink to_tcp(remote_options(Transport::tcp, tcp.port, "localhost"));
  REQUIRE(count_delivered(to_tcp.deliver(sample_alerts(3))) == 3);
  std::string stream = receive(accept_one(tcp.fd.get()).get());
  const std::vector<std::string> frames = take_frames(stream);
  CHECK(stream.empty());
  REQUIRE(frames.size() == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(frames[static_cast<std::size_t>(i)].starts_with(header));
    check_is_alert(frames[static_cast<std::size_t>(i)], sample_alert(i));
  }
}

TEST_CASE("a local receiver that was restarted gets the next alert, one that is away is named") {
  const TempDir dir;
  Fd receiver = bind_local(dir / "log");
  SyslogSink sink(local_options(dir / "log"));
  REQUIRE(is_delivered(sink, sample_alert(1)));
  receiver = bind_local(dir / "log");
  REQUIRE(is_delivered(sink, sample_alert(2)));
  check_is_alert(receive(receiver.get()), sample_alert(2));

  receiver.reset();
  CHECK(holds(failure_of(sink, sample_alert(3)), (dir / "log") + ": Connection refused"));
  ::unlink((dir / "log").c_str());
  CHECK(holds(failure_of(sink, sample_alert(3)), "No such file"));
  receiver = bind_local(dir / "log");
  REQUIRE(is_delivered(sink, sample_alert(3)));
  check_is_alert(receive(receiver.get()), sample_alert(3));
}

TEST_CASE("a local receiver that is slow is waited for, one that hangs only for the timeout") {
  const TempDir dir;
  const Fd receiver = bind_local(dir / "log");
  const std::vector<Alert> alerts = sample_alerts(600);
  SyslogSinkOptions options = local_options(dir / "log");

  SECTION("hangs") {
    options.timeout = 60ms;
    SyslogSink sink(options);
    const std::vector<Outcome> outcomes = sink.deliver(alerts);
    const std::size_t delivered = count_delivered(outcomes);
    REQUIRE(delivered > 0);
    REQUIRE(delivered < alerts.size());
    CHECK(holds(outcomes[delivered].why, "no answer within 60ms"));
    for (std::size_t i = 0; i < delivered; ++i) {
      check_is_alert(receive(receiver.get()), alerts[i]);
    }
    pollfd more{.fd = receiver.get(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&more, 1, 0) == 0);
  }
  SECTION("slow") {
    SyslogSink sink(options);
    auto received = std::async(std::launch::async, [&] {
      std::vector<std::string> messages;
      while (messages.size() < alerts.size()) messages.push_back(receive(receiver.get()));
      return messages;
    });
    CHECK(count_delivered(sink.deliver(alerts)) == alerts.size());
    const std::vector<std::string> messages = received.get();
    for (std::size_t i = 0; i < alerts.size(); ++i) check_is_alert(messages[i], alerts[i]);
  }
}

TEST_CASE("a UDP port where nobody listens is noticed") {
  Loopback udp = bind_loopback(SOCK_DGRAM);
  SyslogSink sink(remote_options(Transport::udp, udp.port));
  REQUIRE(is_delivered(sink, sample_alert(1)));
  udp.fd.reset();
  CHECK(holds(failure_of(sink, sample_alert(2)), "Connection refused"));
  udp = bind_loopback(SOCK_DGRAM, udp.port);
  REQUIRE(is_delivered(sink, sample_alert(2)));
  check_is_alert(receive(udp.fd.get()), sample_alert(2));
}

TEST_CASE("a TCP peer that closed meanwhile costs a connection and no alert") {
  const Loopback tcp = bind_loopback(SOCK_STREAM);
  SyslogSink sink(remote_options(Transport::tcp, tcp.port));
  REQUIRE(is_delivered(sink, sample_alert(1)));
  Fd first = accept_one(tcp.fd.get());
  check_is_alert(receive(first.get()), sample_alert(1));
  // What a receiver says is of no interest, as long as it is not the end.
  REQUIRE(::send(first.get(), "220 hello\r\n", 11, 0) == 11);
  REQUIRE(is_delivered(sink, sample_alert(2)));
  check_is_alert(receive(first.get()), sample_alert(2));
  first.reset();
  REQUIRE(is_delivered(sink, sample_alert(3)));
  check_is_alert(receive(accept_one(tcp.fd.get()).get()), sample_alert(3));
}

TEST_CASE("nobody at a TCP port is a reason to try again") {
  SyslogSink sink(remote_options(Transport::tcp, free_port(SOCK_STREAM)));
  CHECK(holds(failure_of(sink, sample_alert()), "Connection refused"));
}

TEST_CASE("of what a TCP peer did not acknowledge in time, whole frames alone count as delivered") {
  const Loopback tcp = bind_slow_reader();
  const std::vector<Alert> alerts = more_than_kernels_hold();
  SyslogSinkOptions options = remote_options(Transport::tcp, tcp.port);
  options.timeout = 300ms;
  SyslogSink sink(options);
  const std::vector<Outcome> outcomes = sink.deliver(alerts);
  const std::size_t delivered = count_delivered(outcomes);
  REQUIRE(delivered < alerts.size());
  CHECK(holds(outcomes[delivered].why, "no answer within 300ms"));

  // The peer reads again: it has at least what was called delivered, in order, and no more was
  // held back than what its kernel had not taken.
  const Fd first = accept_one(tcp.fd.get());
  int unread = 0;
  REQUIRE(::ioctl(first.get(), FIONREAD, &unread) == 0);
  REQUIRE(unread >= kReadBuffer / 2);
  CHECK(delivered + 1 >= static_cast<std::size_t>(unread) / kSyslogSizeDefault);
  const std::vector<std::string> frames = read_frames(first.get());
  REQUIRE(frames.size() >= delivered);
  for (std::size_t i = 0; i < frames.size(); ++i) check_is_alert(frames[i], alerts[i]);
}

TEST_CASE("after a reset in the midst of a batch the rest goes over a new connection") {
  const Loopback tcp = bind_slow_reader();
  const std::vector<Alert> alerts = more_than_kernels_hold();
  SyslogSink sink(remote_options(Transport::tcp, tcp.port));
  std::thread killer([&] {
    const Fd connection = accept_one(tcp.fd.get());
    (void)becomes_readable(connection.get());
    // Closed with unread bytes in it, as by a SIGKILL of its owner: the kernel sends a reset.
  });
  const std::vector<Outcome> outcomes = sink.deliver(alerts);
  killer.join();
  const std::size_t delivered = count_delivered(outcomes);
  REQUIRE(delivered < alerts.size());
  CHECK((holds(outcomes[delivered].why, "reset") || holds(outcomes[delivered].why, "pipe")));

  const std::span<const Alert> rest = std::span(alerts).subspan(delivered);
  auto frames = std::async(std::launch::async, [&] {
    const Fd connection = accept_one(tcp.fd.get());
    std::string stream;
    std::vector<std::string> messages;
    while (messages.size() < rest.size()) {
      stream += receive(connection.get());
      std::ranges::move(take_frames(stream), std::back_inserter(messages));
    }
    return messages;
  });
  CHECK(count_delivered(sink.deliver(rest)) == rest.size());
  const std::vector<std::string> messages = frames.get();
  for (std::size_t i = 0; i < rest.size(); ++i) check_is_alert(messages[i], rest[i]);
}

TEST_CASE("stop() ends a delivery that waits, and those after it") {
  const Loopback tcp = bind_slow_reader();
  SyslogSinkOptions options = remote_options(Transport::tcp, tcp.port);
  options.timeout = 1h;
  SyslogSink sink(options);
  const std::vector<Alert> alerts = more_than_kernels_hold();
  auto outcomes = std::async(std::launch::async, [&] { return sink.deliver(alerts); });
  const Fd connection = accept_one(tcp.fd.get());
  REQUIRE(becomes_readable(connection.get()));
  sink.stop();
  const std::size_t delivered = count_delivered(outcomes.get());
  CHECK(delivered < alerts.size());
  CHECK(holds(failure_of(sink, sample_alert()), "stopping"));
}

TEST_CASE("a host name that the header cannot take is made one that it can") {
  const Loopback udp = bind_loopback(SOCK_DGRAM);
  SyslogSinkOptions options = remote_options(Transport::udp, udp.port);
  options.hostname = "control plane\n\xC3\xBC" + std::string(300, 'x');
  SyslogSink sink(options);
  REQUIRE(is_delivered(sink, sample_alert()));
  CHECK(holds(receive(udp.fd.get()), "Z control_plane___" + std::string(239, 'x') + " nodeportd "));
}
