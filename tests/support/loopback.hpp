#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "base/fd.hpp"

namespace nodeportd::test {

struct Loopback {
  Fd fd;
  std::uint16_t port = 0;
};

// A socket of `type` on 127.0.0.1, listening if it is a stream; port 0 takes a free one.
inline Loopback bind_loopback(int type, std::uint16_t port = 0) {
  Loopback bound{Fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0)), 0};
  const int on = 1;
  ::setsockopt(bound.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof(address);
  if (::bind(bound.fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(bound.fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      (type == SOCK_STREAM && ::listen(bound.fd.get(), 16) != 0)) {
    throw std::runtime_error("no loopback socket");
  }
  bound.port = ntohs(address.sin_port);
  return bound;
}

inline std::uint16_t free_port(int type) {
  return bind_loopback(type).port;
}

// Whether `fd` has something to read or a connection to accept within a minute.
inline bool becomes_readable(int fd) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&readable, 1, 60'000) == 1;
}

// The next datagram or piece of a stream; empty at its end or after a minute.
inline std::string receive(int fd) {
  std::array<char, 65536> bytes{};
  if (!becomes_readable(fd)) return {};
  const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
  return got > 0 ? std::string(bytes.data(), static_cast<std::size_t>(got)) : std::string{};
}

inline Fd accept_one(int listener) {
  return becomes_readable(listener) ? Fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC))
                                    : Fd{};
}

}  // namespace nodeportd::test
