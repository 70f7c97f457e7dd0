#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace nodeportd {

struct AdminAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside these
};

// Answers questions about the running daemon: HTTP over a Unix socket that only its owner can open,
// so `curl --unix-socket` works as well as `nodeportd status`, or over TCP, where whoever reaches
// the port is answered. On the socket and on a loopback address `Host` must be `localhost` or an IP
// address, so that no website can ask through somebody's browser. Lives on the thread that runs
// `io`. At most 16 clients at a time, with 2 seconds to ask and 5 to take the answer; one more
// makes the one go that has kept us waiting longest.
class AdminServer {
 public:
  // What a GET of `target` (a path, and perhaps a query) brings. Called on the thread of `io`.
  using Answer = std::function<AdminAnswer(std::string_view target)>;

  // A socket that somebody listens on is an error of kind closed; one that nobody does is replaced.
  // Anything else that is there stays, an error of kind config.
  // `order` answers a POST, which changes something: only the owner of the socket can send one.
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> open(boost::asio::io_context& io,
                                                                 const std::string& socket,
                                                                 Answer answer,
                                                                 Answer order = nullptr);
  // `address` is an IP address, v4 or v6; port 0 takes one that is free.
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> listen(boost::asio::io_context& io,
                                                                   const std::string& address,
                                                                   std::uint16_t port,
                                                                   Answer answer);
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;
  // Closes every connection and removes the socket.
  ~AdminServer();

  // Of a server that listens over TCP; else 0.
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Listener;
  explicit AdminServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace nodeportd
