#include <algorithm>
#include <array>

#include "base/host_port.hpp"
#include "config/section.hpp"

namespace nodeportd {
namespace {

// In the order of RFC 5424's numbers.
constexpr std::array<std::string_view, 24> kFacilities{
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};

void read_facility(YamlMap& map, SyslogSinkConfig& syslog) {
  const auto name = map.choice("facility", {kFacilities.begin(), kFacilities.end()});
  if (!name) return;
  const auto* found = std::find(kFacilities.begin(), kFacilities.end(), *name);
  syslog.facility = static_cast<std::uint8_t>(found - kFacilities.begin());
}

void read_address(YamlMap& map, SyslogSinkConfig& syslog) {
  if (syslog.transport == SyslogSinkConfig::Transport::local) {
    set(syslog.path, absolute_path(map, "address"));
    return;
  }
  const auto address = map.required_text("address");
  if (!address) return;
  if (std::optional<HostPort> peer = parse_host_port(*address)) {
    syslog.host = std::move(peer->host);
    syslog.port = peer->port;
  } else {
    map.complain(*map.node("address"),
                 "'address' must be host:port or [IPv6 address]:port, this is '" + *address + "'");
  }
}

}  // namespace

SyslogSinkConfig read_syslog(YamlMap& sink) {
  using Transport = SyslogSinkConfig::Transport;
  using Format = SyslogSinkConfig::Format;
  SyslogSinkConfig syslog;
  set_choice(syslog.transport, sink, "transport",
             {{"local", Transport::local}, {"udp", Transport::udp}, {"tcp", Transport::tcp}});
  read_address(sink, syslog);
  read_facility(sink, syslog);
  // rsyslog's imuxsock, which owns the local socket, garbles RFC 5424.
  if (syslog.transport != Transport::local) syslog.format = Format::rfc5424;
  set_choice(syslog.format, sink, "format",
             {{"rfc5424", Format::rfc5424}, {"rfc3164", Format::rfc3164}});
  // RFC 5424 obliges a receiver to 480 bytes; a datagram holds 65,507.
  set(syslog.max_size, sink.size("max_size", 480, 65'507));
  set(syslog.timeout,
      sink.duration("timeout", std::chrono::milliseconds(100), std::chrono::minutes(5)));
  return syslog;
}

}  // namespace nodeportd
