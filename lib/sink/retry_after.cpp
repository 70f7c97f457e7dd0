#include "sink/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <string>

namespace nodeportd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kMost = std::chrono::hours(24 * 365);

// The one form that a server may send today. Of the two obsolete ones we know nothing: a receiver
// that speaks them is asked again as if it had named no time.
std::optional<WallTime> parse_http_date(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return WallTime(seconds(::timegm(&parts)));
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view header, WallTime now) {
  const bool is_number = !header.empty() && std::all_of(header.begin(), header.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
  if (is_number) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), count);
    return error == std::errc() ? std::min(seconds(count), kMost) : kMost;
  }
  const std::optional<WallTime> date = parse_http_date(std::string(header));
  if (!date) return std::nullopt;
  const auto wait = std::chrono::ceil<milliseconds>(*date - now);
  return std::clamp<milliseconds>(wait, milliseconds(0), kMost);
}

}  // namespace nodeportd
