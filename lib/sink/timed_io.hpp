#pragma once

// Asio's asynchronous operations, waited for on the calling thread: so long and no longer, and
// only until another thread says stop. Included by the files that own sockets alone.

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/host_port.hpp"
#include "base/result.hpp"

namespace nodeportd {

namespace asio = boost::asio;
using boost::system::error_code;

class TimedIo {
 public:
  [[nodiscard]] asio::io_context& context() { return io_; }

  // All waits from here on end after `patience`, taken together.
  void allow(std::chrono::milliseconds patience);

  // Any thread: a wait in progress ends, later ones fail at once.
  void stop();

  // Begins an operation by `start(handler)` and returns its error code once it has ended. When time
  // is up or stop() was called, `cancel()` must make it end soon; the code is then timed_out or
  // operation_aborted.
  template <typename Start, typename Cancel>
  [[nodiscard]] error_code await(Start start, Cancel cancel) {
    if (error_code late = out_of_time()) return late;
    std::optional<error_code> ended;
    io_.restart();
    start([&ended](error_code error, const auto&...) { ended = error; });
    while (!ended && turn()) {
    }
    if (ended) return *ended;
    cancel();
    while (!ended) io_.run_one();
    return out_of_time();
  }

  // Waits for `delay` or until out of time.
  [[nodiscard]] error_code pause(std::chrono::milliseconds delay);

  // Connects to the first address of `peer` that answers. An address needs no resolver.
  template <typename Protocol>
  [[nodiscard]] error_code connect(typename Protocol::socket& socket, const HostPort& peer) {
    if (const error_code error = resolve(peer.host)) return error;
    std::vector<typename Protocol::endpoint> endpoints;
    endpoints.reserve(found_.size());
    for (const asio::ip::address& address : found_) endpoints.emplace_back(address, peer.port);
    return await([&](auto handler) { asio::async_connect(socket, endpoints, std::move(handler)); },
                 [&] { close(socket); });
  }

  template <typename Socket>
  static void close(Socket& socket) {
    error_code ignored;
    socket.close(ignored);
  }

  // Why an operation failed, for a person.
  [[nodiscard]] std::string why(const error_code& error) const;

 private:
  // Runs one handler; false once time is up or stop() was called.
  [[nodiscard]] bool turn();
  [[nodiscard]] error_code out_of_time() const;
  [[nodiscard]] error_code resolve(const std::string& host);

  asio::io_context io_;
  std::atomic<bool> stopped_{false};
  SystemClock clock_;
  MonoTime deadline_{};
  std::chrono::milliseconds patience_{};

  // getaddrinfo() cannot be cancelled: a lookup that outlives its caller goes on, on Asio's thread,
  // and serves the next one. The destructor waits for it.
  asio::ip::tcp::resolver resolver_{io_};
  bool looking_up_ = false;
  error_code lookup_error_;
  std::vector<asio::ip::address> found_;
};

}  // namespace nodeportd
