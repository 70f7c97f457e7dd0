#pragma once

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"

namespace spdlog {
class logger;
}

namespace nodeportd {

enum class LogLevel { debug, info, warning, error };

// A handle that is passed to whoever may log: one line a fact, to stderr. Copyable, cheap, safe
// from any thread. Libraries return errors; the caller that decides logs once. Control characters
// in a line are escaped (base/text.hpp), since most of what we name was written by a stranger.
class Log {
 public:
  // Writes to stderr in the form `2026-11-24T08:59:27.277Z warning text`, or, when stderr is the
  // systemd journal, with the `<N>` prefix that it reads as the priority.
  [[nodiscard]] static Log to_stderr(LogLevel level);
  // Drops everything; for tests and for verbs that print their own results.
  [[nodiscard]] static Log none();

  // Of all copies.
  void set_level(LogLevel level) const;

  template <typename... Args>
  void debug(fmt::format_string<Args...> form, Args&&... args) const {
    write(LogLevel::debug, fmt::format(form, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> form, Args&&... args) const {
    write(LogLevel::info, fmt::format(form, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void warning(fmt::format_string<Args...> form, Args&&... args) const {
    write(LogLevel::warning, fmt::format(form, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> form, Args&&... args) const {
    write(LogLevel::error, fmt::format(form, std::forward<Args>(args)...));
  }

  void write(LogLevel level, const std::string& line) const;

 private:
  Log() = default;
  std::shared_ptr<spdlog::logger> logger_;
  bool to_journal_ = false;
};

// Lets through one call per `interval` and counts the rest: for facts whose rate a stranger sets.
// Safe from any thread.
class RateLimit {
 public:
  explicit RateLimit(std::chrono::milliseconds interval) : interval_(interval) {}
  struct Verdict {
    bool pass = false;
    std::uint64_t suppressed = 0;  // calls that were held back since the last that passed
  };
  [[nodiscard]] Verdict ask(MonoTime now);

 private:
  std::chrono::milliseconds interval_;
  std::atomic<std::int64_t> next_ns_{INT64_MIN};
  std::atomic<std::uint64_t> suppressed_{0};
};

}  // namespace nodeportd
