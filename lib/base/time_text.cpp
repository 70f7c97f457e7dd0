#include "base/time_text.hpp"

#include <date/date.h>

#include <cstdint>

namespace nodeportd {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `d` in `shape` stands for a digit, anything else for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

// The number that `size` digits at `at` make.
int digits(std::string_view text, std::size_t at, std::size_t size) {
  int number = 0;
  for (const char c : text.substr(at, size)) number = number * 10 + (c - '0');
  return number;
}

// Puts the last `size` digits of a number that is not negative.
void put_digits(std::string& text, std::size_t at, std::size_t size, std::int64_t number) {
  for (std::size_t i = at + size; i > at; --i, number /= 10) {
    text[i - 1] = static_cast<char>('0' + number % 10);
  }
}

// `HH:MM` at `at`, or nullopt when there is no such time of day.
std::optional<std::chrono::minutes> hours_and_minutes(std::string_view text, std::size_t at) {
  const int hours = digits(text, at, 2);
  const int minutes = digits(text, at + 3, 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return std::chrono::hours(hours) + std::chrono::minutes(minutes);
}

// Takes `.123456789` from the front of `text`; zero when it does not begin with a dot.
std::optional<Micros> take_fraction(std::string_view& text) {
  if (text.empty() || text.front() != '.') return Micros(0);
  std::size_t size = 1;
  while (size < text.size() && is_digit(text[size])) ++size;
  if (size == 1 || size > 10) return std::nullopt;
  std::int64_t micros = 0;
  for (std::size_t i = 1; i <= 6; ++i) micros = micros * 10 + (i < size ? text[i] - '0' : 0);
  text.remove_prefix(size);
  return Micros(micros);
}

// `Z` or `+HH:MM`, the whole of `text`.
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z") return std::chrono::minutes(0);
  const bool west = has_shape(text, "-dd:dd");
  if (!west && !has_shape(text, "+dd:dd")) return std::nullopt;
  const auto offset = hours_and_minutes(text, 1);
  return offset && west ? -*offset : offset;
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
  static constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kShape.size() || !has_shape(text.substr(0, kShape.size()), kShape)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day day{
      std::chrono::year(digits(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(digits(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(digits(text, 8, 2)))};
  const auto minutes = hours_and_minutes(text, 11);
  // No leap second: Go cannot write one.
  const int seconds = digits(text, 17, 2);
  text.remove_prefix(kShape.size());
  const auto fraction = take_fraction(text);
  const auto offset = parse_offset(text);
  if (!day.ok() || !minutes || seconds > 59 || !fraction || !offset) return std::nullopt;
  return std::chrono::sys_days(day) + *minutes + std::chrono::seconds(seconds) + *fraction -
         *offset;
}

std::string format_time(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) return date::format("%FT%TZ", time);
  std::string text = "0000-00-00T00:00:00.000000Z";
  put_digits(text, 0, 4, year);
  put_digits(text, 5, 2, static_cast<unsigned>(date.month()));
  put_digits(text, 8, 2, static_cast<unsigned>(date.day()));
  const std::chrono::hh_mm_ss clock(time - day);
  put_digits(text, 11, 2, clock.hours().count());
  put_digits(text, 14, 2, clock.minutes().count());
  put_digits(text, 17, 2, clock.seconds().count());
  put_digits(text, 20, 6, clock.subseconds().count());
  return text;
}

}  // namespace nodeportd
