#include "decode/peek.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>

#include "base/time_text.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kValueMax = 256;

// The raw string that begins at `at`; cut where the record is, or at the limit.
std::string_view string_at(std::string_view record, std::size_t at) {
  const std::string_view rest = record.substr(at, kValueMax);
  return rest.substr(0, rest.find('"'));
}

// The apiserver writes these before anything that a client writes.
std::string_view first_string(std::string_view record, std::string_view opening) {
  const std::size_t at = record.find(opening);
  return at == std::string_view::npos ? std::string_view() : string_at(record, at + opening.size());
}

// The timestamps stand behind the bodies, which may hold the same names.
std::optional<WallTime> last_time(std::string_view record, std::string_view opening) {
  const auto at = std::find_end(record.begin(), record.end(), opening.begin(), opening.end());
  if (at == record.end()) return std::nullopt;
  const auto start = static_cast<std::size_t>(at - record.begin()) + opening.size();
  return parse_time(string_at(record, start));
}

}  // namespace

Peek peek(std::string_view record) {
  Peek found{.audit_id = first_string(record, R"("auditID":")"),
             .stage = first_string(record, R"("stage":")"),
             .time = last_time(record, R"("stageTimestamp":")")};
  if (!found.time) found.time = last_time(record, R"("requestReceivedTimestamp":")");
  return found;
}

}  // namespace nodeportd
