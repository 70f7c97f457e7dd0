#include "bench/arrivals.hpp"

#include <fmt/format.h>

#include <charconv>

namespace nodeportd::test {
namespace {

constexpr std::string_view kPrefix = "probe-";
constexpr std::size_t kDigits = 6;
constexpr std::size_t kLength = kPrefix.size() + kDigits;

}  // namespace

std::string probe_name(std::size_t number) {
  return fmt::format("{}{:0{}}", kPrefix, number, kDigits);
}

void Arrivals::take(std::string_view piece, MonoTime now) {
  rest_ += piece;
  std::size_t at = 0;
  while ((at = rest_.find(kPrefix, at)) != std::string::npos && at + kLength <= rest_.size()) {
    std::size_t number = seen_.size();
    const char* digits = rest_.data() + at + kPrefix.size();
    (void)std::from_chars(digits, digits + kDigits, number);
    if (number < seen_.size() && !seen_[number]) {
      seen_[number] = now;
      ++count_;
    }
    at += kLength;
  }
  if (rest_.size() >= kLength) rest_.erase(0, rest_.size() - kLength + 1);
}

}  // namespace nodeportd::test
