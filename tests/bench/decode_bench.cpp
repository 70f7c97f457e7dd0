#include <benchmark/benchmark.h>

#include "bench/bench_lines.hpp"
#include "decode/audit_decoder.hpp"
#include "decode/service_write.hpp"

namespace nodeportd::test {
namespace {

void finish(benchmark::State& state, const BenchLines& log) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log.lines.size()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.text.size()));
}

void decode_lines(benchmark::State& state) {
  const BenchLines log(BenchLines::Of::service_writes);
  AuditDecoder decoder;
  for (auto _ : state) {
    for (const std::string_view line : log.lines) benchmark::DoNotOptimize(decoder.decode(line));
  }
  finish(state, log);
}
BENCHMARK(decode_lines)->Unit(benchmark::kMillisecond);

// And what it says of Services.
void read_writes(benchmark::State& state) {
  const BenchLines log(BenchLines::Of::service_writes);
  AuditDecoder decoder;
  ServiceWriteReader reader;
  std::vector<ServiceWrite> writes;
  for (auto _ : state) {
    for (const std::string_view line : log.lines) {
      writes.clear();
      if (const auto event = decoder.decode(line)) {
        reader.read(*event, writes);
        benchmark::DoNotOptimize(writes.data());
      }
    }
  }
  finish(state, log);
}
BENCHMARK(read_writes)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nodeportd::test
