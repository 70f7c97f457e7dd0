#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace nodeportd {

// Answers local questions about the running daemon: HTTP over a Unix socket that only its owner
// can open, so `curl --unix-socket` works as well as `nodeportd status`. Lives on the thread that
// runs `io`. At most 16 clients at a time, 5 seconds each.
class AdminServer {
 public:
  // The JSON for a GET of `path`, or nullopt for 404. Called on the thread of `io`.
  using Answer = std::function<std::optional<std::string>(std::string_view path)>;

  // A socket that somebody listens on is an error of kind closed; one that nobody does is replaced.
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> open(boost::asio::io_context& io,
                                                                 const std::string& socket,
                                                                 Answer answer);
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;
  // Closes every connection and removes the socket.
  ~AdminServer();

 private:
  struct Listener;
  explicit AdminServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace nodeportd
