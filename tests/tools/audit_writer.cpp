// Writes an audit log as kube-apiserver would: for the demo and for tests of whole processes.

#include <fcntl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/time_text.hpp"
#include "tools/audit_events.hpp"
#include "tools/pace.hpp"
#include "tools/rotating_log.hpp"

namespace nodeportd::test {
namespace {

struct Options {
  RotatingLog::Options log;
  AuditEvents::Plan plan{.lines = 10'000, .creations = 20, .big_every = 0, .seed = 1};
  std::uint64_t rotate_every = 0;
  double rate = 0;
  std::uint64_t share = 0;
  std::string start;
  std::int64_t step_micros = 1'000;
  bool chunked = false;
  std::string truth;
};

// When each event happens: on the wall clock, or as `--start` and `--step` say.
class EventTimes {
 public:
  EventTimes(const Clock& clock, std::optional<WallTime> start, Micros step)
      : clock_(clock), start_(start), step_(step) {}

  [[nodiscard]] WallTime at(std::uint64_t line) {
    if (start_) return *start_ + step_ * static_cast<std::int64_t>(line);
    last_ = std::max(clock_.wall(), last_);
    return last_;
  }

 private:
  const Clock& clock_;
  std::optional<WallTime> start_;
  Micros step_;
  WallTime last_{};
};

// When each line may be written: at a rate, and share by share as stdin asks for them.
class Pace {
 public:
  Pace(const Clock& clock, double rate, std::uint64_t share)
      : clock_(clock), rate_(rate), share_(share), begin_(clock.mono()) {}

  // Waits for the moment of line number `line`.
  void wait_for(std::uint64_t line) {
    if (share_ > 0 && line % share_ == 0) {
      (void)std::getchar();  // at its end nobody asks any more, and the rest is written
      first_ = line;
      begin_ = clock_.mono();
    }
    if (rate_ <= 0) return;
    const std::chrono::duration<double> after(static_cast<double>(line - first_) / rate_);
    const MonoTime due = begin_ + std::chrono::duration_cast<std::chrono::nanoseconds>(after);
    if (due - clock_.mono() > std::chrono::milliseconds(1)) wait_until(clock_, due);
  }

 private:
  const Clock& clock_;
  double rate_;
  std::uint64_t share_;
  std::uint64_t first_ = 0;  // line since `begin_`
  MonoTime begin_;
};

// Every eighth line goes out in three write calls, so that a reader meets its half.
Result<void> write_line(RotatingLog& log, std::string_view line, bool in_chunks) {
  if (!in_chunks) return log.write(line);
  const std::size_t third = line.size() / 3;
  for (const std::string_view part :
       {line.substr(0, third), line.substr(third, third), line.substr(2 * third)}) {
    if (auto written = log.write(part); !written) return written;
  }
  return {};
}

Result<void> write_log(const Options& options, const Clock& clock) {
  std::optional<WallTime> start;
  if (!options.start.empty()) {
    start = parse_time(options.start);
    if (!start) return fail(ErrorKind::malformed, "--start: not a time of RFC 3339");
  }
  Fd truth;
  if (!options.truth.empty()) {
    auto file = open_file(options.truth, O_CREAT | O_TRUNC | O_WRONLY);
    if (!file) return fail(file.error());
    truth = std::move(*file);
  }
  RotatingLog log(options.log);
  if (auto opened = log.open(); !opened) return opened;
  AuditEvents events(options.plan);
  EventTimes times(clock, start, Micros(options.step_micros));
  Pace pace(clock, options.rate, options.share);
  for (std::uint64_t line = 0; line < options.plan.lines; ++line) {
    pace.wait_for(line);
    if (options.rotate_every > 0 && line > 0 && line % options.rotate_every == 0) {
      if (auto rotated = log.rotate(clock.wall()); !rotated) return rotated;
    }
    const std::string_view text = events.next(times.at(line));
    // The truth comes first: a writer that is killed has never written what it does not tell.
    if (truth.is_open() && events.creation()) {
      if (auto told = write_all(truth.get(), to_json(*events.creation()) + '\n'); !told)
        return told;
    }
    if (auto put = write_line(log, text, options.chunked && line % 8 == 0); !put) return put;
  }
  return {};
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Writes an audit log as kube-apiserver would.");
  app.add_option("--out", options.log.path, "The live file, such as DIR/audit.log")->required();
  app.add_option("--lines", options.plan.lines, "Lines in all")->capture_default_str();
  app.add_option("--creations", options.plan.creations, "NodePort creations, spread evenly")
      ->capture_default_str();
  app.add_option("--big-every", options.plan.big_every, "Each so many lines one of 300 KiB");
  app.add_option("--seed", options.plan.seed, "Same seed, same lines")->capture_default_str();
  app.add_option("--rotate-every", options.rotate_every, "Lines from one rotation to the next");
  app.add_flag("--gzip", options.log.compress, "Compress rotated files in the background");
  app.add_option("--keep", options.log.keep, "Rotated files that stay; 0: all");
  app.add_option("--rate", options.rate, "Lines per second; 0: as fast as it goes");
  app.add_option("--share", options.share,
                 "Lines that each byte of stdin asks for; 0: all at once");
  app.add_option("--start", options.start, "Time of the first event; default: the wall clock's");
  app.add_option("--step", options.step_micros, "Microseconds from event to event, with --start")
      ->capture_default_str();
  app.add_flag("--chunked", options.chunked, "Write every eighth line in three calls");
  app.add_option("--truth", options.truth, "Gets a line of JSON for each creation");
  CLI11_PARSE(app, argc, argv);
  if (options.plan.creations > options.plan.lines / 4) {
    std::fputs("audit_writer: --creations may be a quarter of --lines at most\n", stderr);
    return 2;
  }
  if (const auto written = write_log(options, SystemClock()); !written) {
    std::fputs(("audit_writer: " + written.error().text + '\n').c_str(), stderr);
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace nodeportd::test

int main(int argc, char** argv) {
  return nodeportd::test::run(argc, argv);
}
