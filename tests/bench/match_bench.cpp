#include <benchmark/benchmark.h>

#include <deque>
#include <utility>
#include <vector>

#include "bench/bench_lines.hpp"
#include "daemon/setup.hpp"
#include "decode/audit_decoder.hpp"

namespace nodeportd::test {
namespace {

// The shipped rules, asked about events that are decoded already.
void match_events(benchmark::State& state, BenchLines::Of of) {
  const BenchLines log(of);
  Problems problems;
  const auto rules = load_rules({}, problems);
  std::deque<AuditDecoder> decoders;  // an event lives in its decoder
  std::vector<std::pair<AuditEvent, Record>> events;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string_view line = log.lines[i];
    if (const auto event = decoders.emplace_back().decode(line)) {
      events.emplace_back(*event, Record{.text = line});
    }
  }
  const std::string source = "audit.log";
  std::vector<Match> matches;
  for (auto _ : state) {
    for (const auto& [event, record] : events) {
      matches.clear();
      rules->match(event, record, source, matches);
      benchmark::DoNotOptimize(matches.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events.size()));
}
BENCHMARK_CAPTURE(match_events, routine, BenchLines::Of::service_writes);
BENCHMARK_CAPTURE(match_events, openings, BenchLines::Of::openings);

}  // namespace
}  // namespace nodeportd::test
