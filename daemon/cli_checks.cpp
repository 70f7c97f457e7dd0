#include "daemon/cli_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/units.hpp"

namespace nodeportd {
namespace {

template <typename Number>
std::optional<Number> number_in(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

std::string check_number(const std::string& text, std::int64_t least, std::int64_t most) {
  const auto number = number_in<std::int64_t>(text);
  if (number && *number >= least && *number <= most) return "";
  if (most == INT64_MAX) return fmt::format("a number from {} on is needed, not '{}'", least, text);
  return fmt::format("a number from {} to {} is needed, not '{}'", least, most, text);
}

std::string check_seconds(const std::string& text) {
  const auto seconds = number_in<double>(text);
  // `nan` is in no range.
  if (seconds && *seconds >= 0.1 && *seconds <= 86'400) return "";
  return fmt::format("0.1 to 86400 seconds are needed, not '{}'", text);
}

std::string check_batch_size(const std::string& text) {
  const auto bytes = parse_size(text);
  if (bytes && *bytes >= 4'096 && *bytes <= 4'194'304) return "";
  return fmt::format("a size from 4KiB to 4MiB is needed, not '{}'", text);
}

std::string check_one_of(const std::string& text, const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), text) != words.end()) return "";
  return fmt::format("one of {} is needed, not '{}'", fmt::join(words, ", "), text);
}

std::string check_place(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return "";
  const auto line = number_in<std::uint64_t>(text.substr(colon + 1));
  return line == 0U ? "lines count from 1" : "";
}

}  // namespace nodeportd
