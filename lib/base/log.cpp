#include "base/log.hpp"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.hpp"

namespace nodeportd {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// sd-daemon(3): the journal reads `<N>` at the start of a line as the syslog priority.
std::string_view journal_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "<7>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::error:
      return "<3>";
  }
  return "";
}

// systemd.exec(5): $JOURNAL_STREAM is `device:inode` of the stream. A child inherits the variable
// even when its stderr is a file of its own, so the variable alone proves nothing.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace

Log Log::to_stderr(LogLevel level) {
  Log log;
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  log.logger_ = std::make_shared<spdlog::logger>("nodeportd", std::move(sink));
  log.logger_->set_level(to_spdlog(level));
  log.logger_->flush_on(spdlog::level::debug);
  log.to_journal_ = stderr_is_journal();
  log.logger_->set_pattern(log.to_journal_ ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v",
                           spdlog::pattern_time_type::utc);
  return log;
}

Log Log::none() {
  Log log;
  log.logger_ = std::make_shared<spdlog::logger>("nodeportd",
                                                 std::make_shared<spdlog::sinks::null_sink_mt>());
  log.logger_->set_level(spdlog::level::off);
  return log;
}

void Log::set_level(LogLevel level) const {
  logger_->set_level(to_spdlog(level));
}

void Log::write(LogLevel level, const std::string& line) const {
  if (!logger_->should_log(to_spdlog(level))) return;
  std::string safe = printable(line);
  if (to_journal_) safe.insert(0, journal_prefix(level));
  logger_->log(to_spdlog(level), safe);
}

RateLimit::Verdict RateLimit::ask(MonoTime now) {
  const std::int64_t at =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  std::int64_t next = next_ns_.load();
  const std::int64_t step = std::chrono::nanoseconds(interval_).count();
  if (at >= next && next_ns_.compare_exchange_strong(next, at + step)) {
    return {.pass = true, .suppressed = suppressed_.exchange(0)};
  }
  suppressed_.fetch_add(1);
  return {};
}

}  // namespace nodeportd
