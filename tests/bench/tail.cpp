#include "bench/tail.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace nodeportd::test {

Tail::Tail(const std::string& path)
    : file_(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      buffer_(256UL * 1024) {
  if (!is_open()) return;
  (void)::lseek(file_.get(), 0, SEEK_END);
  if (::inotify_add_watch(inotify_.get(), path.c_str(), IN_MODIFY) < 0) inotify_.reset();
}

std::string_view Tail::next(std::chrono::milliseconds timeout) {
  if (has_more_) return read_more();
  pollfd readable{.fd = inotify_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&readable, 1, static_cast<int>(timeout.count())) != 1) return {};
  std::array<char, 4096> events{};
  if (::read(inotify_.get(), events.data(), events.size()) < 0) return {};
  return read_more();
}

std::string_view Tail::read_more() {
  const ssize_t got = ::read(file_.get(), buffer_.data(), buffer_.size());
  // A write after a short read makes an event of its own.
  has_more_ = got == static_cast<ssize_t>(buffer_.size());
  return got > 0 ? std::string_view(buffer_.data(), static_cast<std::size_t>(got))
                 : std::string_view();
}

}  // namespace nodeportd::test
