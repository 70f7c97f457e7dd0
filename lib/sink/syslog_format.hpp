#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/alert.hpp"

namespace nodeportd {

enum class SyslogForm : std::uint8_t {
  rfc5424,  // with structured data
  rfc3164,  // what every /dev/log understands: facts as name="value" behind the message
};

// What a message says of its sender.
struct SyslogOrigin {
  unsigned facility = 10;              // by RFC 5424's number, 10 is authpriv
  std::string app_name = "nodeportd";  // ASCII without spaces, as hostname
  std::string hostname;  // at most 255 bytes; empty: `-` in RFC 5424, left out of RFC 3164
  int pid = 0;
};

// Every receiver takes 480 bytes (RFC 5424, 6.1); rsyslog cuts at 8 KiB by default.
inline constexpr std::size_t kSyslogSizeLeast = 480;
inline constexpr std::size_t kSyslogSizeDefault = 8192;

// The alert as one message of at most `size_max` bytes (kSyslogSizeLeast or more), printable UTF-8
// throughout: where it would be longer, values are cut, then fields left out and counted
// (`omitted`), never the frame nor what says which revision this is. Its time is that of the
// alert's last event.
[[nodiscard]] std::string to_syslog(const Alert& alert, SyslogForm form, const SyslogOrigin& origin,
                                    std::size_t size_max = kSyslogSizeDefault);

// Octet counting (RFC 6587): `LEN SP MSG`. A newline would do as well until a receiver splits at
// one that it finds inside a message.
[[nodiscard]] std::string octet_counted(std::string_view message);

}  // namespace nodeportd
