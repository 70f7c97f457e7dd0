#include "sink/syslog_peer.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "sink/syslog_format.hpp"
#include "sink/timed_io.hpp"

namespace nodeportd {
namespace {

using std::chrono::milliseconds;
using Local = asio::local::datagram_protocol;
using Tcp = asio::ip::tcp;
using Udp = asio::ip::udp;

constexpr milliseconds kWaitMax{50};

error_code to_code(int error_number) {
  return {error_number, boost::system::system_category()};
}

// The error that the network reported since the last call, if any.
error_code reported_error(int fd) {
  int number = 0;
  socklen_t size = sizeof(number);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) != 0) number = errno;
  return to_code(number);
}

std::string to_text(const std::string& path) {
  return path;
}
std::string to_text(const HostPort& peer) {
  return peer.host + ':' + std::to_string(peer.port);
}

// Waits that grow, for what no descriptor signals.
class Waits {
 public:
  explicit Waits(TimedIo& io) : io_(io) {}
  [[nodiscard]] error_code next() {
    return io_.pause(std::exchange(wait_, std::min(2 * wait_, kWaitMax)));
  }

 private:
  TimedIo& io_;
  milliseconds wait_{1};
};

template <typename Protocol, typename Address>
class DatagramPeer final : public SyslogPeer {
 public:
  explicit DatagramPeer(Address address) : address_(std::move(address)) {}

  Sent send(std::span<const std::string> messages, milliseconds patience) override {
    io_.allow(patience);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (const error_code error = send_one(messages[i])) {
        return {i, to_text(address_) + ": " + io_.why(error)};
      }
    }
    return {messages.size(), {}};
  }
  void stop() override { io_.stop(); }

 private:
  error_code send_one(const std::string& message) {
    Waits waits(io_);
    bool is_new = false;
    for (;;) {
      if (!socket_.is_open()) {
        if (const error_code error = open()) return error;
        is_new = true;
      }
      const int fd = socket_.native_handle();
      const bool taken =
          ::send(fd, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
      const int number = taken ? 0 : errno;
      if (number == EINTR) continue;
      if (number == EAGAIN || number == ENOBUFS) {
        if (const error_code error = waits.next()) return error;
        continue;
      }
      // A refusal by ICMP comes back at once on the loopback, so it is about this very datagram.
      const error_code error = taken ? reported_error(fd) : to_code(number);
      if (!error) return {};
      TimedIo::close(socket_);
      if (taken || is_new) return error;
    }
  }

  error_code open() {
    error_code error;
    if constexpr (std::is_same_v<Protocol, Local>) {
      socket_.connect(Local::endpoint(address_), error);
    } else {
      error = io_.connect<Protocol>(socket_, address_);
    }
    if (error) TimedIo::close(socket_);
    return error;
  }

  const Address address_;
  TimedIo io_;
  typename Protocol::socket socket_{io_.context()};
};

class StreamPeer final : public SyslogPeer {
 public:
  explicit StreamPeer(HostPort address) : address_(std::move(address)) {}

  Sent send(std::span<const std::string> messages, milliseconds patience) override {
    io_.allow(patience);
    error_code error;
    if (socket_.is_open() && peer_has_closed()) TimedIo::close(socket_);
    if (!socket_.is_open()) error = io_.connect<Tcp>(socket_, address_);

    std::string frames;
    std::vector<std::size_t> ends;
    for (const std::string& message : messages) {
      frames += octet_counted(message);
      ends.push_back(frames.size());
    }
    const std::size_t written = error ? 0 : write(frames, error);
    const std::size_t acknowledged = written > 0 ? await_acknowledgement(written, error) : 0;
    // An orderly close: what lies in the kernel may still arrive, beside its repetition. A reset
    // could throw away what was acknowledged and not yet read.
    if (error) TimedIo::close(socket_);
    const auto whole = std::upper_bound(ends.begin(), ends.end(), acknowledged) - ends.begin();
    return {static_cast<std::size_t>(whole),
            error ? to_text(address_) + ": " + io_.why(error) : std::string{}};
  }
  void stop() override { io_.stop(); }

 private:
  // A write to a peer that has closed succeeds and is lost, so look first. What a receiver says is
  // read and dropped, but not without end.
  bool peer_has_closed() {
    std::array<char, 4096> said{};
    for (int i = 0; i < 16; ++i) {
      const ssize_t got = ::recv(socket_.native_handle(), said.data(), said.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno != EAGAIN;
      if (got == 0) return true;
    }
    return true;
  }

  std::size_t write(std::string_view bytes, error_code& error) {
    std::size_t written = 0;
    while (written < bytes.size() && !error) {
      const ssize_t put = ::send(socket_.native_handle(), bytes.data() + written,
                                 bytes.size() - written, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (put >= 0) {
        written += static_cast<std::size_t>(put);
      } else if (errno == EAGAIN) {
        error = io_.await(
            [&](auto handler) { socket_.async_wait(Tcp::socket::wait_write, std::move(handler)); },
            [&] { socket_.cancel(); });
      } else if (errno != EINTR) {
        error = to_code(errno);
      }
    }
    return written;
  }

  // Of the `written` bytes, those that the peer's kernel has. All of them, unless an error came
  // first; the count holds after a reset too.
  std::size_t await_acknowledgement(std::size_t written, error_code& error) {
    Waits waits(io_);
    for (;;) {
      int queued = 0;
      if (::ioctl(socket_.native_handle(), SIOCOUTQ, &queued) != 0) {
        error = to_code(errno);
        return 0;
      }
      const std::size_t unacknowledged = std::min(static_cast<std::size_t>(queued), written);
      if (unacknowledged == 0 || error) return written - unacknowledged;
      error = reported_error(socket_.native_handle());
      if (!error) error = waits.next();
    }
  }

  const HostPort address_;
  TimedIo io_;
  Tcp::socket socket_{io_.context()};
};

}  // namespace

std::unique_ptr<SyslogPeer> syslog_over_local_socket(std::string path) {
  return std::make_unique<DatagramPeer<Local, std::string>>(std::move(path));
}

std::unique_ptr<SyslogPeer> syslog_over_udp(HostPort peer) {
  return std::make_unique<DatagramPeer<Udp, HostPort>>(std::move(peer));
}

std::unique_ptr<SyslogPeer> syslog_over_tcp(HostPort peer) {
  return std::make_unique<StreamPeer>(std::move(peer));
}

}  // namespace nodeportd
