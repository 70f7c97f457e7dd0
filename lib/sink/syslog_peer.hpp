#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/host_port.hpp"

namespace nodeportd {

// How many messages, from the first on, the receiver has; and why not all of them.
struct Sent {
  std::size_t messages = 0;
  std::string why;
};

// The way to a syslog receiver: opened when first needed, and anew after the receiver was
// restarted. One thread, but for stop().
class SyslogPeer {
 public:
  virtual ~SyslogPeer() = default;

  // Blocks for at most `patience`.
  [[nodiscard]] virtual Sent send(std::span<const std::string> messages,
                                  std::chrono::milliseconds patience) = 0;
  // Any thread: a send() in progress returns soon, later ones at once.
  virtual void stop() = 0;
};

// A datagram a message: the receiver has what our kernel took.
[[nodiscard]] std::unique_ptr<SyslogPeer> syslog_over_local_socket(std::string path);
[[nodiscard]] std::unique_ptr<SyslogPeer> syslog_over_udp(HostPort peer);

// Octet-counted frames: the receiver has what its kernel acknowledged. What it had not when a
// connection broke may reach it twice, never not at all.
[[nodiscard]] std::unique_ptr<SyslogPeer> syslog_over_tcp(HostPort peer);

}  // namespace nodeportd
