#pragma once

#include <sys/signalfd.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "base/fd.hpp"

namespace nodeportd {

// TERM, INT, HUP and USR1 as values that are read, instead of handlers that interrupt whatever
// runs. Make it before any thread: threads that start later do not hear these signals either, so
// none is lost, whoever is busy with what.
class SignalQueue {
 public:
  SignalQueue() {
    (void)::sigemptyset(&heard_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) (void)::sigaddset(&heard_, signal);
    (void)::pthread_sigmask(SIG_BLOCK, &heard_, nullptr);
    fd_ = Fd(::signalfd(-1, &heard_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_.is_open()) std::abort();  // out of descriptors before anything runs
  }

  // Readable when a signal waits.
  [[nodiscard]] int fd() const { return fd_.get(); }

  // The next one; nullopt when none waits.
  [[nodiscard]] std::optional<int> take() const {
    signalfd_siginfo signal{};
    if (::read(fd_.get(), &signal, sizeof signal) != sizeof signal) return std::nullopt;
    return static_cast<int>(signal.ssi_signo);
  }

  // From here on TERM and INT do what they do by default: they end us at once. The others, which do
  // the same by default, wait for ever: nobody who asks for a reload wants that. One that came with
  // the last TERM or INT may not have been taken, since the kernel gives the lower number first.
  void let_go_of_stops() const {
    sigset_t stops{};
    (void)::sigemptyset(&stops);
    for (const int signal : {SIGTERM, SIGINT}) (void)::sigaddset(&stops, signal);
    (void)::pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
  }

 private:
  sigset_t heard_{};
  Fd fd_;
};

}  // namespace nodeportd
