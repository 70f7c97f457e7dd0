// What looking for nothing costs: memory is asked for once. Its own binary, since it counts what
// the whole process asks for; a sanitizer replaces the same functions, so there it is not built.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "bench/audit_mix.hpp"
#include "daemon/engine/worker.hpp"
#include "daemon/setup.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted(void* memory) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// The other forms of `new` and `delete` call these.
void* operator new(std::size_t size) {
  return counted(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}

namespace nodeportd {
namespace {

using test::AuditMix;

constexpr std::size_t kLines = 1'000;

struct Bench {
  explicit Bench(AuditMix::Plan plan)
      : rules(load_rules({}, problems)),
        scan(rules->literals(), rules->words_besides()),
        worker(*rules, scan) {
    plan.big_line = 0;
    AuditMix mix(plan);
    for (std::string& line : lines) {
      (void)mix.append_next(line);
      line.pop_back();  // the newline
    }
    batch.end.stream = "/var/log/kubernetes/audit.log";
  }

  // How often memory is asked for while all the lines are examined.
  std::uint64_t examine() {
    batch.clear();
    for (const std::string& line : lines) batch.records.emplace_back().text = line;
    const std::uint64_t before = allocations;
    worker.examine(batch);
    return allocations - before;
  }

  Problems problems;
  std::shared_ptr<const RuleSet> rules;
  Scan scan;
  Worker worker;
  std::vector<std::string> lines = std::vector<std::string>(kLines);
  Batch batch;
};

}  // namespace

TEST_CASE("lines that the scan drops take no memory, not even the first time") {
  Bench bench({.service_writes_per_million = 0});
  std::erase_if(bench.lines, [&](const std::string& line) { return bench.scan.may_match(line); });
  CHECK(bench.lines.size() > kLines * 9 / 10);
  CHECK(bench.examine() == 0);
  CHECK(bench.batch.tally.records == bench.lines.size());
  CHECK(bench.batch.tally.decoded == 0);
}

TEST_CASE("lines that are parsed and match nothing take no memory after the first time") {
  Bench bench({.mood = AuditMix::Mood::hostile, .service_writes_per_million = 0});
  CHECK(bench.examine() > 0);  // what is kept from then on
  // A write of a Service is kept for its history, whatever it matches.
  for (auto write = bench.batch.writes.rbegin(); write != bench.batch.writes.rend(); ++write) {
    bench.lines.erase(bench.lines.begin() + write->record);
  }
  CHECK(bench.examine() == 0);
  CHECK(bench.batch.tally.decoded > kLines / 5);
  CHECK(bench.batch.matches.empty());
  CHECK(bench.batch.writes.empty());
}

// The auditID, the caller twice, and the uid; names are short.
TEST_CASE("a write of a Service that opens nothing takes memory for its long texts alone") {
  Bench bench(
      {.service_writes_per_million = 1'000'000, .service_writes = {.exposures_per_million = 0}});
  (void)bench.examine();
  const std::uint64_t count = bench.examine();
  CHECK(bench.batch.writes.size() == kLines);
  CHECK(bench.batch.matches.empty());
  WARN("allocations in " << kLines << " writes: " << count);
  CHECK(count <= 4 * kLines);
}

}  // namespace nodeportd
