#include "bench/audit_mix.hpp"

#include <array>
#include <charconv>

#include "base/time_text.hpp"
#include "bench/everyday_lines.hpp"

namespace nodeportd::test {
namespace {

constexpr std::size_t kTemplates = 2'048;
constexpr std::uint64_t kDecoysPerMillion = 4'000;
// Percent of the lines of a hostile log: writes of Services, and what is made to look like some.
constexpr std::uint64_t kHostileWrites = 11;
constexpr std::uint64_t kHostile = 23;
constexpr std::string_view kHex = "0123456789abcdef";

// A random UUID of version 4, at a tenth of what formatting one costs.
std::string_view fill_uuid(std::array<char, 36>& text, std::uint64_t high, std::uint64_t low) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kMarkers.audit_id[i] != '0') {
      text[i] = kMarkers.audit_id[i];
      continue;
    }
    text[i] = kHex[high & 15U];
    high = high >> 4U | low << 60U;
    low >>= 4U;
  }
  return {text.data(), text.size()};
}

}  // namespace

AuditMix::AuditMix(const Plan& plan)
    : plan_(plan), random_(plan.seed), service_writes_(plan.service_writes, random_) {
  EverydayLines everyday(random_);
  typical_ = everyday.typical(kTemplates);
  if (plan.mood == Mood::hostile) hostile_ = everyday.hostile(kTemplates);
  decoys_ = everyday.decoys();
  if (plan.big_line > 0) big_.push_back(everyday.big(plan.big_line));
}

std::optional<TrueEvent> AuditMix::append_next(std::string& out) {
  const WallTime time = plan_.start + plan_.step * static_cast<std::int64_t>(lines_++);
  const std::string stage_time = format_time(time);
  const std::string received = format_time(time - Micros(300 + below(9'000)));
  if (below(1'000'000) < plan_.service_writes_per_million) {
    return service_writes_.append_next(out, received, stage_time);
  }
  const std::uint64_t percent = plan_.mood == Mood::hostile ? below(100) : 100;
  if (percent < kHostileWrites) {
    service_writes_.append_routine(out, received, stage_time);
  } else {
    append_everyday(percent < kHostileWrites + kHostile ? hostile_ : typical_, out, received,
                    stage_time);
  }
  return std::nullopt;
}

void AuditMix::append_everyday(const std::vector<LineTemplate>& lines, std::string& out,
                               const std::string& received, const std::string& stage_time) {
  std::array<char, 36> audit_id{};
  std::array<char, 10> version = {'0', '0', '0', '0', '0', '0', '0', '0', '0', '0'};
  std::array<char, 9> name = {'a', 'p', 'p', '-'};
  const std::uint64_t bits = random_();
  (void)std::to_chars(version.data(), version.data() + version.size(), 4'000'000'000 + lines_);
  for (std::size_t i = 4; i < name.size(); ++i) name[i] = kHex[bits >> (4 * i) & 15U];
  const LineFields fields{.audit_id = fill_uuid(audit_id, bits, random_()),
                          .received = received,
                          .stage_time = stage_time,
                          .version = {version.data(), version.size()},
                          .name = {name.data(), name.size()}};
  const LineTemplate* line = &pick(lines);
  if (below(1'000'000) < kDecoysPerMillion) line = &pick(decoys_);
  if (!big_.empty() && lines_ % kBigEvery == kBigEvery / 2) line = &big_.front();
  line->append_to(out, fields);
}

}  // namespace nodeportd::test
