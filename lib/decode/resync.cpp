#include "decode/resync.hpp"

#include <cstddef>

namespace nodeportd {
namespace {

// How the apiserver begins every event of its log. Inside a JSON string its quotes are escaped, so
// a client cannot place it there; raw, in a patch body, what follows it never ends the record.
constexpr std::string_view kEventStart = R"({"kind":"Event","apiVersion":"audit.k8s.io/)";
constexpr int kStartsMax = 64;

}  // namespace

Salvage resync(AuditDecoder& decoder, std::string_view record) {
  std::size_t start = 0;
  for (int i = 0; i < kStartsMax; ++i) {
    start = record.find(kEventStart, start + 1);
    if (start == std::string_view::npos) break;
    if (!decoder.decode(record.substr(start))) continue;
    const std::string_view front = record.substr(0, start);
    return {.front = front,
            .whole = record.substr(start),
            .front_is_whole = decoder.decode(front).has_value()};
  }
  return {.front = record, .whole = {}};
}

}  // namespace nodeportd
