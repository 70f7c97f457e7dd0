// Writes the audit log of a cluster at work, and beside it what must be found in it.

#include <fcntl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "bench/audit_mix.hpp"
#include "tools/pace.hpp"

namespace nodeportd::test {
namespace {

struct Options {
  AuditMix::Plan plan;
  std::string out;
  std::string truth;
  std::uint64_t lines = std::numeric_limits<std::uint64_t>::max();
  std::string bytes;
  std::string big_line = "500KB";
  std::string start = "2026-11-24T09:00:00.000000Z";
  double rate = 0;
  double service_writes = 3;
  double exposures = 1;
  bool is_hostile = false;
};

std::uint64_t per_million(double percent) {
  return static_cast<std::uint64_t>(percent * 10'000 + 0.5);
}

// Appends as an apiserver does: what came up in a millisecond, each millisecond.
Result<void> write_paced(const Options& options, int log, const Clock& clock) {
  AuditMix mix(options.plan);
  const MonoTime begin = clock.mono();
  std::string batch;
  for (std::uint64_t written = 0, ticks = 1; written < options.lines; ++ticks) {
    const auto due = std::min(
        options.lines, static_cast<std::uint64_t>(static_cast<double>(ticks) * options.rate / 1e3));
    batch.clear();
    for (; written < due; ++written) (void)mix.append_next(batch);
    if (auto put = write_all(log, batch); !put) return put;
    wait_until(clock, begin + std::chrono::milliseconds(ticks));
  }
  return {};
}

Result<void> write_log(const Options& options, std::uint64_t bytes_max) {
  auto log = open_file(options.out, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND);
  if (!log) return fail(log.error());
  if (options.rate > 0) return write_paced(options, log->get(), SystemClock());
  constexpr std::size_t kBuffer = 4U << 20U;
  std::string buffer;
  std::string truth;
  std::uint64_t written = 0;
  AuditMix mix(options.plan);
  for (std::uint64_t i = 0; i < options.lines && written + buffer.size() < bytes_max; ++i) {
    if (const auto event = mix.append_next(buffer)) truth += to_json(*event) + '\n';
    if (buffer.size() < kBuffer) continue;
    if (auto put = write_all(log->get(), buffer); !put) return put;
    written += buffer.size();
    buffer.clear();
  }
  if (auto put = write_all(log->get(), buffer); !put) return put;
  if (options.truth.empty()) return {};
  auto file = open_file(options.truth, O_CREAT | O_TRUNC | O_WRONLY);
  if (!file) return fail(file.error());
  return write_all(file->get(), truth);
}

int refuse(const std::string& what) {
  fmt::print(stderr, "audit_mix: {}\n", what);
  return 2;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Writes the audit log of a cluster at work, and what must be found in it.");
  app.add_option("--out", options.out, "The log")->required();
  app.add_option("--truth", options.truth, "Gets a line of JSON for each event to be found");
  auto* lines = app.add_option("--lines", options.lines, "So many lines at most");
  app.add_option("--bytes", options.bytes, "Ends with the line that reaches this size, as 1GB");
  app.add_option("--seed", options.plan.seed, "Same seed, same bytes")->capture_default_str();
  app.add_option("--service-writes", options.service_writes, "Percent of the lines")
      ->capture_default_str();
  app.add_option("--exposures", options.exposures, "Percent of the writes of Services")
      ->capture_default_str();
  app.add_option("--keys", options.plan.service_writes.services,
                 "Exposures are creations of so many Services, in turn; 0: of all kinds, each of "
                 "another");
  app.add_flag("--hostile", options.is_hostile, "A third of the lines cannot be dropped unparsed");
  app.add_option("--big-line", options.big_line, "Size of one in 10,000 lines; 0: none")
      ->capture_default_str();
  app.add_option("--rate", options.rate, "Lines per second, a batch each millisecond; 0: no limit");
  app.add_option("--start", options.start, "Time of the first event")->capture_default_str();
  std::int64_t step = options.plan.step.count();
  app.add_option("--step", step, "Microseconds from event to event")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto start = parse_time(options.start);
  const auto big_line = parse_size(options.big_line);
  const auto bytes = parse_size(options.bytes);
  if (!start) return refuse("--start: not a time of RFC 3339");
  if (!big_line) return refuse("--big-line: not a size");
  if (!options.bytes.empty() && !bytes) return refuse("--bytes: not a size");
  if (lines->count() == 0 && !bytes) return refuse("--lines or --bytes is needed");
  options.plan.start = *start;
  options.plan.big_line = *big_line;
  options.plan.step = Micros(step);
  options.plan.service_writes_per_million = per_million(options.service_writes);
  options.plan.service_writes.exposures_per_million = per_million(options.exposures);
  if (options.is_hostile) options.plan.mood = AuditMix::Mood::hostile;
  const auto written =
      write_log(options, bytes.value_or(std::numeric_limits<std::uint64_t>::max()));
  if (written) return 0;
  fmt::print(stderr, "audit_mix: {}\n", written.error().text);
  return 1;
}

}  // namespace
}  // namespace nodeportd::test

int main(int argc, char** argv) {
  return nodeportd::test::run(argc, argv);
}
