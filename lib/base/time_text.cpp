#include "base/time_text.hpp"

#include <date/date.h>

#include <istream>
#include <streambuf>

namespace nodeportd {
namespace {

// Reads from memory that somebody else owns, without a copy.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: streambuf wants char*, never writes
    setg(begin, begin, begin + text.size());
  }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
  // date::parse takes single digits and signs where RFC 3339 wants two digits: check the shape.
  static constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kShape.size() + 1 || text.size() > 40) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !is_digit(text[i]) : text[i] != kShape[i]) return std::nullopt;
  }
  std::string_view rest = text.substr(kShape.size());
  std::int64_t micros = 0;
  if (rest.front() == '.') {
    std::size_t digits = 1;
    while (digits < rest.size() && is_digit(rest[digits])) ++digits;
    if (digits == 1 || digits > 10) return std::nullopt;
    for (std::size_t i = 1; i <= 6; ++i) {
      micros = micros * 10 + (i < digits ? rest[i] - '0' : 0);
    }
    rest.remove_prefix(digits);
  }
  ViewBuffer buffer(rest == "Z" ? text.substr(0, kShape.size()) : text);
  std::istream stream(&buffer);
  date::sys_seconds seconds;
  if (rest == "Z") {
    stream >> date::parse("%FT%T", seconds);
    if (stream.fail()) return std::nullopt;
    return WallTime(Micros(seconds.time_since_epoch()) + Micros(micros));
  }
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':' ||
      !is_digit(rest[1]) || !is_digit(rest[2]) || !is_digit(rest[4]) || !is_digit(rest[5])) {
    return std::nullopt;
  }
  date::sys_time<std::chrono::nanoseconds> exact;
  stream >> date::parse("%FT%T%Ez", exact);
  if (stream.fail()) return std::nullopt;
  return WallTime(std::chrono::floor<Micros>(exact.time_since_epoch()));
}

std::string format_time(WallTime time) { return date::format("%FT%TZ", time); }

}  // namespace nodeportd
