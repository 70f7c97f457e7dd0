#include "state/fresh_deliveries.hpp"

#include <algorithm>
#include <utility>

namespace nodeportd {
namespace {

// More of them at a time are a burst, in which reading back is not what a sink waits for.
constexpr std::size_t kRowsMax = 64;
constexpr std::size_t kBytesMax = std::size_t{1} << 18U;

}  // namespace

void FreshDeliveries::add(const std::string& sink, std::int64_t sequence, const Alert& alert,
                          std::size_t bytes) {
  const auto known = sinks_.find(sink);
  if (known == sinks_.end()) return;
  Waiting& waiting = known->second;
  const bool replaces =
      std::any_of(waiting.deliveries.begin(), waiting.deliveries.end(),
                  [&](const Delivery& each) { return each.alert.id == alert.id; });
  if (replaces || waiting.deliveries.size() == kRowsMax || waiting.bytes + bytes > kBytesMax) {
    sinks_.erase(known);
    return;
  }
  waiting.deliveries.push_back({sequence, alert});
  waiting.bytes += bytes;
}

std::optional<std::vector<Delivery>> FreshDeliveries::take(const std::string& sink,
                                                           std::size_t rows_max,
                                                           std::size_t bytes_max) {
  const auto known = sinks_.find(sink);
  if (known == sinks_.end()) return std::nullopt;
  Waiting waiting = std::move(known->second);
  sinks_.erase(known);
  const std::size_t rows = waiting.deliveries.size();
  if (rows == 0 || rows > rows_max || waiting.bytes > bytes_max) return std::nullopt;
  return std::move(waiting.deliveries);
}

}  // namespace nodeportd
