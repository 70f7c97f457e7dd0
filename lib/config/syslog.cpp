#include <algorithm>
#include <array>
#include <charconv>

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

// `host:port` or `[address]:port`; false when it is neither.
bool parse_address(std::string_view text, SyslogSinkConfig& syslog) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.find_first_of(":/[] ") != std::string_view::npos)) {
    return false;
  }
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0) return false;
  syslog.host = host;
  syslog.port = number;
  return true;
}

void read_address(YamlMap& map, SyslogSinkConfig& syslog) {
  if (syslog.transport == SyslogSinkConfig::Transport::local) {
    set(syslog.path, absolute_path(map, "address"));
    return;
  }
  const auto address = map.required_text("address");
  if (address && !parse_address(*address, syslog)) {
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
