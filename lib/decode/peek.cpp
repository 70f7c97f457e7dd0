#include "decode/peek.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "base/time_text.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kValueMax = 256;

// The raw string that begins at `at`; cut where the record is, at an escape or at the limit.
std::string_view string_at(std::string_view record, std::size_t at) {
  const std::string_view rest = record.substr(at, kValueMax);
  return rest.substr(0, rest.find_first_of("\"\\"));
}

// How a member of this name opens, and how it does in an event that is text in a carrier.
std::array<std::string, 2> openings(std::string_view name) {
  const std::string text(name);
  return {'"' + text + R"(":")", R"(\")" + text + R"(\":\")"};
}

// The apiserver writes these before anything that a client writes.
std::string_view first_string(std::string_view record, std::string_view name) {
  for (const std::string& opening : openings(name)) {
    const std::size_t at = record.find(opening);
    if (at != std::string_view::npos) return string_at(record, at + opening.size());
  }
  return {};
}

// The timestamps stand behind the bodies, which may hold the same names.
std::optional<WallTime> last_time(std::string_view record, std::string_view name) {
  for (const std::string& opening : openings(name)) {
    const auto at = std::find_end(record.begin(), record.end(), opening.begin(), opening.end());
    if (at == record.end()) continue;
    const auto start = static_cast<std::size_t>(at - record.begin()) + opening.size();
    return parse_time(string_at(record, start));
  }
  return std::nullopt;
}

}  // namespace

Peek peek(std::string_view record) {
  Peek found{.audit_id = first_string(record, "auditID"),
             .stage = first_string(record, "stage"),
             .time = last_time(record, "stageTimestamp")};
  if (!found.time) found.time = last_time(record, "requestReceivedTimestamp");
  return found;
}

}  // namespace nodeportd
