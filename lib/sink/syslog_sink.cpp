#include "sink/syslog_sink.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "sink/syslog_peer.hpp"

namespace nodeportd {
namespace {

using Transport = SyslogSinkOptions::Transport;

constexpr std::size_t kHostnameMax = 255;  // RFC 5424, 6

std::string machine_name() {
  std::array<char, kHostnameMax + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : std::string{};
}

// A name as the header takes it: printable ASCII without spaces.
std::string to_hostname(std::string name) {
  name.resize(std::min(name.size(), kHostnameMax));
  std::replace_if(name.begin(), name.end(), [](char c) { return c <= ' ' || c >= 0x7F; }, '_');
  return name;
}

SyslogOrigin origin_of(const SyslogSinkOptions& options) {
  SyslogOrigin origin;
  origin.facility = options.facility;
  origin.pid = ::getpid();
  // A receiver knows whose local socket it is, and in this form takes a name for the program's.
  if (options.transport == Transport::local && options.form == SyslogForm::rfc3164) return origin;
  origin.hostname = to_hostname(options.hostname.empty() ? machine_name() : options.hostname);
  return origin;
}

std::unique_ptr<SyslogPeer> peer_of(const SyslogSinkOptions& options) {
  switch (options.transport) {
    case Transport::local:
      return syslog_over_local_socket(options.path);
    case Transport::udp:
      return syslog_over_udp(options.peer);
    case Transport::tcp:
      return syslog_over_tcp(options.peer);
  }
  return nullptr;
}

}  // namespace

SyslogSink::SyslogSink(SyslogSinkOptions options)
    : options_(std::move(options)), origin_(origin_of(options_)), peer_(peer_of(options_)) {}

SyslogSink::~SyslogSink() = default;

std::vector<Outcome> SyslogSink::deliver(std::span<const Alert> alerts) {
  std::vector<std::string> messages;
  messages.reserve(alerts.size());
  for (const Alert& alert : alerts) {
    messages.push_back(to_syslog(alert, options_.form, origin_, options_.size_max));
  }
  const Sent sent = peer_->send(messages, options_.timeout);
  std::vector<Outcome> outcomes(alerts.size());
  for (std::size_t i = sent.messages; i < outcomes.size(); ++i) {
    outcomes[i] = {.kind = Outcome::Kind::retry, .why = sent.why, .retry_after = {}};
  }
  return outcomes;
}

void SyslogSink::stop() {
  peer_->stop();
}

}  // namespace nodeportd
