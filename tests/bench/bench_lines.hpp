#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/audit_mix.hpp"

namespace nodeportd::test {

// Some 16 MB of log, so that they come from memory and not from the cache.
inline constexpr std::size_t kBenchLines = 6'000;

// Lines of a usual log, or writes of Services alone; without their newlines.
struct BenchLines {
  enum class Of : std::uint8_t { all, service_writes, openings };

  explicit BenchLines(Of of) {
    AuditMix mix(
        {.service_writes_per_million = of == Of::all ? 30'000U : 1'000'000U,
         .service_writes = {.exposures_per_million = of == Of::openings ? 1'000'000U : 10'000U}});
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < kBenchLines; ++i) {
      (void)mix.append_next(text);
      ends.push_back(text.size());
    }
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      lines.push_back(std::string_view(text).substr(begin, end - begin - 1));
      begin = end;
    }
  }
  BenchLines(const BenchLines&) = delete;
  BenchLines& operator=(const BenchLines&) = delete;

  std::string text;
  std::vector<std::string_view> lines;
};

}  // namespace nodeportd::test
