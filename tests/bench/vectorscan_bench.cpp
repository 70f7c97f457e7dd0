#include <benchmark/benchmark.h>
#include <hs.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "bench/bench_lines.hpp"
#include "daemon/setup.hpp"

namespace nodeportd::test {
namespace {

// The words that the shipped rules ask for, and the escape that may hide a letter of one.
struct Patterns {
  Patterns() {
    Problems problems;
    std::set<std::string> distinct;
    for (const Literals& rule : load_rules({}, problems)->literals()) {
      for (const Words& words : rule) distinct.insert(words.front());
    }
    texts.assign(distinct.begin(), distinct.end());
    texts.emplace_back(R"(\\u00[3-7])");
    std::vector<const char*> expressions;
    for (const std::string& text : texts) expressions.push_back(text.c_str());
    const std::vector<unsigned> flags(texts.size(), HS_FLAG_CASELESS);
    const std::vector<unsigned> ids(texts.size(), 0);
    hs_compile_error_t* error = nullptr;
    if (hs_compile_multi(expressions.data(), flags.data(), ids.data(),
                         static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, &database,
                         &error) != HS_SUCCESS ||
        hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
      hs_free_compile_error(error);
    }
  }
  Patterns(const Patterns&) = delete;
  Patterns& operator=(const Patterns&) = delete;
  ~Patterns() {
    hs_free_scratch(scratch);
    hs_free_database(database);
  }

  std::vector<std::string> texts;
  hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;
};

int count_hit(unsigned, unsigned long long, unsigned long long, unsigned, void* hits) {
  ++*static_cast<std::size_t*>(hits);
  return 0;
}
int stop_at_hit(unsigned, unsigned long long, unsigned long long, unsigned, void* hits) {
  ++*static_cast<std::size_t*>(hits);
  return 1;
}

void vectorscan_lines(benchmark::State& state) {
  const BenchLines log(BenchLines::Of::all);
  const Patterns patterns;
  for (auto _ : state) {
    std::size_t hits = 0;
    for (const std::string_view line : log.lines) {
      (void)hs_scan(patterns.database, line.data(), static_cast<unsigned>(line.size()), 0,
                    patterns.scratch, stop_at_hit, &hits);
    }
    benchmark::DoNotOptimize(hits);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.text.size()));
}
BENCHMARK(vectorscan_lines)->Unit(benchmark::kMillisecond);

// A block of many lines at once, every hit told.
void vectorscan_block(benchmark::State& state) {
  const BenchLines log(BenchLines::Of::all);
  const Patterns patterns;
  for (auto _ : state) {
    std::size_t hits = 0;
    (void)hs_scan(patterns.database, log.text.data(), static_cast<unsigned>(log.text.size()), 0,
                  patterns.scratch, count_hit, &hits);
    benchmark::DoNotOptimize(hits);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.text.size()));
}
BENCHMARK(vectorscan_block)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nodeportd::test
