#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  unsigned facility = 10;              // authpriv
  std::string app_name = "nodeportd";  // printable ASCII without spaces, as hostname
  std::string hostname;                // empty: `-` in RFC 5424, left out of RFC 3164
  int pid = 0;
};

// Receivers must take 2 KiB; rsyslog cuts at 8 KiB by default.
inline constexpr std::size_t kSyslogSizeLeast = 2048;
inline constexpr std::size_t kSyslogSizeDefault = 8192;

// `authpriv`, `local0` … as the number that syslog(3) has for it; nullopt for any other word.
[[nodiscard]] std::optional<unsigned> parse_facility(std::string_view name);

// The alert as one message of at most `size_max` bytes (kSyslogSizeLeast or more), printable UTF-8
// throughout: where it would be longer, values are cut, then group fields left out and counted
// (`omitted`), and never the frame. Its time is that of the alert's last event.
[[nodiscard]] std::string to_syslog(const Alert& alert, SyslogForm form, const SyslogOrigin& origin,
                                    std::size_t size_max = kSyslogSizeDefault);

// Octet counting (RFC 6587): `LEN SP MSG`. A newline would do as well until a receiver splits at
// one that it finds inside a message.
[[nodiscard]] std::string octet_counted(std::string_view message);

}  // namespace nodeportd
