// Writes lines that must be told, and says how long after each write() it was seen where: by a
// bare reader of the log, at the end of an output file, by a receiver of HTTP requests.

#include <fcntl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/files.hpp"
#include "base/time_text.hpp"
#include "bench/arrivals.hpp"
#include "bench/audit_mix.hpp"
#include "bench/http_sink_end.hpp"
#include "bench/tail.hpp"
#include "tools/audit_bodies.hpp"
#include "tools/audit_line.hpp"
#include "tools/pace.hpp"

namespace nodeportd::test {
namespace {

struct Options {
  std::string log;
  std::string output;      // empty: no file is watched
  std::uint16_t port = 0;  // 0: there is no receiver
  std::size_t tuples = 2'000;
  std::uint64_t interval_micros = 4'000;
  std::uint64_t others_per_milli = 0;
};

// A creation of a NodePort Service that differs from the others by its name.
std::string probe_line(std::size_t number, WallTime now, std::mt19937_64& random) {
  const std::string name = probe_name(number);
  const std::string time = format_time(now);
  const std::string uid = random_uuid(random);
  ServiceText service{.name = name,
                      .name_space = "shop",
                      .type = "NodePort",
                      .node_port = {},
                      .uid = {},
                      .version = {},
                      .annotation = {},
                      .created = "2026-11-24T09:00:00Z"};
  AuditRequest request =
      make_request(random_uuid(random), kAlice, {"create", "", "services", "shop", name});
  append_service(request.request_body, service);
  service.node_port = "31234";
  service.uid = uid;
  service.version = "4000000";
  append_service(request.response_body, service);
  request.status = R"({"metadata":{},"code":201})";
  request.received = time;
  std::string line;
  append_audit_line(line, request, Stage::response_complete, time);
  return line;
}

void watch(const std::string& path, Arrivals& arrivals, const std::atomic<bool>& over,
           const Clock& clock) {
  Tail tail(path);
  while (!arrivals.complete() && !over) {
    const std::string_view piece = tail.next(std::chrono::milliseconds(100));
    if (!piece.empty()) arrivals.take(piece, clock.mono());
  }
}

// What else goes on in the cluster, until `over`.
void write_others(int log, std::uint64_t per_milli, const std::atomic<bool>& over,
                  const Clock& clock) {
  AuditMix mix({.service_writes = {.exposures_per_million = 0}, .start = clock.wall()});
  const MonoTime begin = clock.mono();
  std::string batch;
  for (std::int64_t tick = 1; !over; ++tick) {
    batch.clear();
    for (std::uint64_t i = 0; i < per_milli; ++i) (void)mix.append_next(batch);
    (void)write_all(log, batch);
    wait_until(clock, begin + std::chrono::milliseconds(tick));
  }
}

// When the write() of each tuple began.
std::vector<MonoTime> write_probes(int log, const Options& options, const Clock& clock) {
  std::mt19937_64 random(1);
  std::vector<MonoTime> written;
  const MonoTime begin = clock.mono();
  for (std::size_t i = 0; i < options.tuples; ++i) {
    // Off the others' beat.
    const std::uint64_t jitter = random() % options.interval_micros;
    wait_until(clock, begin + std::chrono::microseconds(i * options.interval_micros + jitter));
    const std::string line = probe_line(i, clock.wall(), random);
    written.push_back(clock.mono());
    (void)write_all(log, line);
  }
  return written;
}

std::string report(std::string_view place, const Arrivals& arrivals,
                   const std::vector<MonoTime>& written) {
  std::vector<double> millis;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (!arrivals.seen()[i]) continue;
    millis.push_back(
        std::chrono::duration<double, std::milli>(*arrivals.seen()[i] - written[i]).count());
  }
  std::sort(millis.begin(), millis.end());
  const auto rank = [&](std::size_t percent) {
    return millis.empty() ? 0 : millis[(millis.size() - 1) * percent / 100];
  };
  return fmt::format(R"("{}":{{"seen":{},"p50":{:.4f},"p99":{:.4f},"max":{:.4f}}})", place,
                     millis.size(), rank(50), rank(99), rank(100));
}

int measure(const Options& options, const Clock& clock) {
  const Fd log(::open(options.log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!log.is_open()) return 1;
  std::atomic<bool> over = false;
  Arrivals bare(options.tuples);
  Arrivals file(options.tuples);
  Arrivals http(options.tuples);
  std::vector<std::thread> watchers;
  watchers.emplace_back([&] { watch(options.log, bare, over, clock); });
  if (!options.output.empty()) {
    watchers.emplace_back([&] { watch(options.output, file, over, clock); });
  }
  if (options.port > 0) {
    watchers.emplace_back([&] { receive_alerts(options.port, http, over, clock); });
  }
  std::puts("ready");  // Whoever started this starts what it measures, and then says so.
  std::fflush(stdout);
  if (std::getchar() == EOF) return 1;
  std::thread others;
  std::atomic<bool> others_over = false;
  if (options.others_per_milli > 0) {
    others =
        std::thread([&] { write_others(log.get(), options.others_per_milli, others_over, clock); });
  }
  const std::vector<MonoTime> written = write_probes(log.get(), options, clock);
  others_over = true;
  if (others.joinable()) others.join();
  const MonoTime limit = clock.mono() + std::chrono::seconds(10);
  const auto complete = [&] {
    return bare.complete() && (options.output.empty() || file.complete()) &&
           (options.port == 0 || http.complete());
  };
  while (!complete() && clock.mono() < limit) {
    wait_until(clock, clock.mono() + std::chrono::milliseconds(10));
  }
  over = true;
  for (std::thread& watcher : watchers) watcher.join();
  fmt::print("{{{}", report("bare", bare, written));
  if (!options.output.empty()) fmt::print(",{}", report("file", file, written));
  if (options.port > 0) fmt::print(",{}", report("http", http, written));
  fmt::print("}}\n");
  return 0;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Says how long after its write() a line is told, in milliseconds, as JSON.");
  app.add_option("--log", options.log, "Gets the lines")->required();
  app.add_option("--output", options.output, "Where what tells of them writes");
  app.add_option("--port", options.port, "Where it sends its requests, on 127.0.0.1");
  app.add_option("--tuples", options.tuples, "Lines")->capture_default_str();
  app.add_option("--interval", options.interval_micros, "Microseconds from one to the next")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--others", options.others_per_milli, "Other lines a millisecond");
  CLI11_PARSE(app, argc, argv);
  return measure(options, SystemClock());
}

}  // namespace
}  // namespace nodeportd::test

int main(int argc, char** argv) {
  return nodeportd::test::run(argc, argv);
}
