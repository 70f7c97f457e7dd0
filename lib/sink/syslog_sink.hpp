#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sink/sink.hpp"
#include "sink/syslog_format.hpp"

namespace nodeportd {

class SyslogPeer;

struct SyslogSinkOptions {
  enum class Transport : std::uint8_t { local, udp, tcp };

  Transport transport = Transport::local;
  std::string address = "/dev/log";  // udp, tcp: `host:port`, `[address]:port`
  // By default what the receivers of that transport understand: RFC 3164 on the local socket, where
  // rsyslog's imuxsock takes the header of RFC 5424 for text; RFC 5424 elsewhere.
  std::optional<SyslogForm> form;
  std::string facility = "authpriv";
  std::string app_name = "nodeportd";
  std::string hostname;  // empty: the machine's
  std::size_t size_max = kSyslogSizeDefault;
  std::chrono::milliseconds timeout{5000};  // of one deliver()
};

// What is wrong with `options`, for the one who wrote them; of kind config.
[[nodiscard]] Result<void> check(const SyslogSinkOptions& options);

// Sends alerts as syslog messages. Delivered is what syslog_peer.hpp says of the transport; the
// rest is to be tried again, and nothing is ever refused.
class SyslogSink final : public Sink {
 public:
  // `options` are such that check() takes them.
  explicit SyslogSink(SyslogSinkOptions options);
  SyslogSink(const SyslogSink&) = delete;
  SyslogSink& operator=(const SyslogSink&) = delete;
  ~SyslogSink() override;

  [[nodiscard]] std::vector<Outcome> deliver(std::span<const Alert> alerts) override;
  void stop() override;

 private:
  const SyslogSinkOptions options_;
  SyslogForm form_;
  SyslogOrigin origin_;
  std::unique_ptr<SyslogPeer> peer_;
};

}  // namespace nodeportd
