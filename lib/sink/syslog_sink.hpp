#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/host_port.hpp"
#include "sink/sink.hpp"
#include "sink/syslog_format.hpp"

namespace nodeportd {

class SyslogPeer;

struct SyslogSinkOptions {
  enum class Transport : std::uint8_t { local, udp, tcp };

  Transport transport = Transport::local;
  std::string path = "/dev/log";  // of the local socket, at most 107 bytes
  HostPort peer;                  // of udp and tcp
  // rsyslog's imuxsock, behind most local sockets, takes the header of RFC 5424 for text.
  SyslogForm form = SyslogForm::rfc3164;
  unsigned facility = 10;                     // by RFC 5424's number, 10 is authpriv
  std::string hostname;                       // empty: the machine's
  std::size_t size_max = kSyslogSizeDefault;  // of a message; kSyslogSizeLeast or more
  std::chrono::milliseconds timeout{5000};    // of one deliver()
};

// Sends alerts as syslog messages. Delivered is what syslog_peer.hpp says of the transport; the
// rest is to be tried again, and nothing is ever refused.
class SyslogSink final : public Sink {
 public:
  explicit SyslogSink(SyslogSinkOptions options);
  SyslogSink(const SyslogSink&) = delete;
  SyslogSink& operator=(const SyslogSink&) = delete;
  ~SyslogSink() override;

  [[nodiscard]] std::vector<Outcome> deliver(std::span<const Alert> alerts) override;
  void stop() override;

 private:
  const SyslogSinkOptions options_;
  SyslogOrigin origin_;
  std::unique_ptr<SyslogPeer> peer_;
};

}  // namespace nodeportd
