#include "sink/syslog_sink.hpp"

#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "sink/syslog_peer.hpp"
#include "sink/url.hpp"

namespace nodeportd {
namespace {

using Transport = SyslogSinkOptions::Transport;

constexpr std::size_t kAppNameMax = 48;      // RFC 5424, 6
constexpr std::size_t kHostnameMax = 255;    // the same
constexpr std::size_t kDatagramMax = 65000;  // UDP takes 65,507 bytes

bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

std::string machine_name() {
  std::array<char, kHostnameMax + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || !is_word(name.data())) return {};
  return name.data();
}

std::unique_ptr<SyslogPeer> make_peer(const SyslogSinkOptions& options) {
  if (options.transport == Transport::local) return syslog_over_local_socket(options.address);
  const HostPort peer = parse_host_port(options.address).value_or(HostPort{});
  return options.transport == Transport::udp ? syslog_over_udp(peer) : syslog_over_tcp(peer);
}

}  // namespace

Result<void> check(const SyslogSinkOptions& options) {
  const auto wrong = [](std::string text) { return fail(ErrorKind::config, std::move(text)); };
  if (options.transport == Transport::local) {
    if (!options.address.starts_with('/')) return wrong("address: is not an absolute path");
    if (options.address.size() >= sizeof(sockaddr_un::sun_path)) {
      return wrong("address: the path of a socket is at most 107 bytes long");
    }
  } else if (const auto peer = parse_host_port(options.address); !peer) {
    return wrong("address: " + peer.error().text);
  }
  if (!parse_facility(options.facility)) {
    return wrong("facility: is none of syslog's, such as authpriv, daemon or local0");
  }
  if (options.app_name.empty() || options.app_name.size() > kAppNameMax ||
      !is_word(options.app_name)) {
    return wrong("app_name: is not 1 to 48 characters of printable ASCII without spaces");
  }
  if (options.hostname.size() > kHostnameMax || !is_word(options.hostname)) {
    return wrong("hostname: is not up to 255 characters of printable ASCII without spaces");
  }
  if (options.size_max < kSyslogSizeLeast || options.size_max > kDatagramMax) {
    return wrong("max_size: is not between 2048 and 65000 bytes");
  }
  return {};
}

SyslogSink::SyslogSink(SyslogSinkOptions options)
    : options_(std::move(options)), peer_(make_peer(options_)) {
  const bool is_local = options_.transport == Transport::local;
  form_ = options_.form.value_or(is_local ? SyslogForm::rfc3164 : SyslogForm::rfc5424);
  origin_.facility = parse_facility(options_.facility).value_or(origin_.facility);
  origin_.app_name = options_.app_name;
  origin_.pid = ::getpid();
  // A receiver knows whose /dev/log it is, and takes a name in this form for the program's.
  if (is_local && form_ == SyslogForm::rfc3164) return;
  origin_.hostname = options_.hostname.empty() ? machine_name() : options_.hostname;
}

SyslogSink::~SyslogSink() = default;

std::vector<Outcome> SyslogSink::deliver(std::span<const Alert> alerts) {
  std::vector<std::string> messages;
  messages.reserve(alerts.size());
  for (const Alert& alert : alerts) {
    messages.push_back(to_syslog(alert, form_, origin_, options_.size_max));
  }
  const Sent sent = peer_->send(messages, options_.timeout);
  std::vector<Outcome> outcomes(alerts.size());
  for (std::size_t i = sent.messages; i < outcomes.size(); ++i) {
    outcomes[i].kind = Outcome::Kind::retry;
    outcomes[i].why = options_.address + ": " + sent.why;
  }
  return outcomes;
}

void SyslogSink::stop() {
  peer_->stop();
}

}  // namespace nodeportd
