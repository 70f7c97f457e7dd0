#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <vector>

#include "aggregate/aggregator.hpp"
#include "base/time_text.hpp"
#include "model/batch.hpp"

namespace nodeportd::test {
namespace {

class EmptyShelf final : public WindowShelf {
 public:
  std::optional<Window> find(const std::string&) override { return std::nullopt; }
};

Match match_of(std::size_t key, WallTime time) {
  Match match;
  match.groups = {{"user-" + std::to_string(key)}};
  match.event.audit_id = "4ed3d640-0000-4000-a000-" + std::to_string(key);
  match.event.time = time;
  return match;
}

// Ten thousand matches of so many window keys, in batches of 100.
void aggregate_matches(benchmark::State& state) {
  constexpr std::size_t kMatches = 10'000;
  constexpr std::size_t kBatch = 100;
  const auto keys = static_cast<std::size_t>(state.range(0));
  const WallTime time = *parse_time("2026-11-24T09:00:00Z");
  Rule rule;
  rule.id = "d7fc865e-b8a1-4029-a960-cf4403b821b6";
  rule.aggregate.group_by = {{"user", "user.username"}};
  const std::vector<Rule> catalog = {rule};
  std::vector<Batch> batches(kMatches / kBatch);
  for (std::size_t i = 0; i < kMatches; ++i) {
    batches[i / kBatch].end.stream = "audit.log";
    batches[i / kBatch].matches.push_back(match_of(i % keys, time));
  }
  for (auto _ : state) {
    EmptyShelf shelf;
    Aggregator aggregator({"bench", "bench", "epoch"}, {}, catalog, {}, shelf);
    for (Batch& batch : batches) {
      aggregator.add(batch, std::nullopt, MonoTime{});
      aggregator.advance(std::nullopt, MonoTime{});
      benchmark::DoNotOptimize(aggregator.take_changes());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMatches));
}
BENCHMARK(aggregate_matches)->Arg(10)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nodeportd::test
