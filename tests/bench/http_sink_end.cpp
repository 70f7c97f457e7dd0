#include "bench/http_sink_end.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "support/loopback.hpp"

namespace nodeportd::test {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

bool is_readable(int fd, const std::atomic<bool>& over) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  while (!over) {
    if (::poll(&readable, 1, 100) > 0) return true;
  }
  return false;
}

// The bytes of the whole request that `text` begins with; 0: it is not there yet.
std::size_t request_size(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  std::string head(text.substr(0, end));
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kLength = "content-length: ";
  std::size_t body = 0;
  if (const std::size_t at = head.find(kLength); at != std::string::npos) {
    (void)std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), body);
  }
  const std::size_t size = end + 4 + body;
  return text.size() >= size ? size : 0;
}

void serve(int connection, Arrivals& arrivals, const std::atomic<bool>& over, const Clock& clock) {
  const int on = 1;
  (void)::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::string text;
  std::array<char, 65536> piece{};
  while (!arrivals.complete() && is_readable(connection, over)) {
    const ssize_t got = ::recv(connection, piece.data(), piece.size(), 0);
    if (got <= 0) return;
    text.append(piece.data(), static_cast<std::size_t>(got));
    while (const std::size_t size = request_size(text)) {
      arrivals.take(std::string_view(text).substr(0, size), clock.mono());
      (void)write_all(connection, kAnswer);
      text.erase(0, size);
    }
  }
}

}  // namespace

void receive_alerts(std::uint16_t port, Arrivals& arrivals, const std::atomic<bool>& over,
                    const Clock& clock) {
  const Loopback listener = bind_loopback(SOCK_STREAM, port);
  while (!arrivals.complete() && is_readable(listener.fd.get(), over)) {
    const Fd connection(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.is_open()) serve(connection.get(), arrivals, over, clock);
  }
}

}  // namespace nodeportd::test
