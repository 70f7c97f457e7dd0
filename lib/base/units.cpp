#include "base/units.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

namespace nodeportd {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Falling order, so that a compound duration can insist on it.
constexpr std::array<Unit, 5> kDurations{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 8> kSizes{{{"", 1},
                                      {"B", 1},
                                      {"KiB", 1ULL << 10U},
                                      {"MiB", 1ULL << 20U},
                                      {"GiB", 1ULL << 30U},
                                      {"KB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000}}};
constexpr std::uint64_t kDurationMax = 100ULL * 366 * 86'400'000;

// Takes the digits at the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    while (next_unit < kDurations.size() && kDurations[next_unit].name != name) ++next_unit;
    if (next_unit == kDurations.size()) return std::nullopt;
    const std::uint64_t factor = kDurations[next_unit++].factor;
    if (*number > kDurationMax / factor) return std::nullopt;
    total += *number * factor;
    if (total > kDurationMax) return std::nullopt;
    text.remove_prefix(name.size());
  }
  return std::chrono::milliseconds(total);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const Unit& unit : kSizes) {
    if (unit.name != text) continue;
    if (*number > std::numeric_limits<std::uint64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0";
  std::string text = duration.count() < 0 ? "-" : "";
  auto rest = static_cast<std::uint64_t>(std::abs(duration.count()));
  for (const Unit& unit : kDurations) {
    if (rest < unit.factor) continue;
    text += std::to_string(rest / unit.factor);
    text += unit.name;
    rest %= unit.factor;
  }
  return text;
}

std::string format_seconds(std::chrono::nanoseconds duration) {
  return format_duration(std::chrono::floor<std::chrono::seconds>(duration));
}

}  // namespace nodeportd
