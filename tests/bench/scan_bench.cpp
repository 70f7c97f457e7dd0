#include <benchmark/benchmark.h>

#include "bench/bench_lines.hpp"
#include "daemon/setup.hpp"
#include "decode/scan.hpp"

namespace nodeportd::test {
namespace {

// As the worker asks, with the shipped rules: line by line.
void scan_lines(benchmark::State& state) {
  const BenchLines log(BenchLines::Of::all);
  Problems problems;
  const Scan scan(load_rules({}, problems)->literals());
  for (auto _ : state) {
    std::size_t passed = 0;
    for (const std::string_view line : log.lines) passed += scan.may_match(line) ? 1U : 0U;
    benchmark::DoNotOptimize(passed);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.text.size()));
}
BENCHMARK(scan_lines)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nodeportd::test
