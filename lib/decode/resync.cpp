#include "decode/resync.hpp"

#include <cstddef>

namespace nodeportd {
namespace {

// How the apiserver begins every event of its log. Inside a JSON string its quotes are escaped, so
// a client cannot place it there; raw, in a patch body, what follows it never ends the text and
// begins no event.
constexpr std::string_view kEventStart = R"({"kind":"Event","apiVersion":"audit.k8s.io/)";
constexpr int kStartsMax = 64;

bool holds_only_events(AuditDecoder& decoder, std::string_view text) {
  decoder.open(text);
  while (!decoder.rest().empty()) {
    if (!decoder.rest().starts_with(kEventStart) || !decoder.next()) return false;
  }
  return true;
}

}  // namespace

Salvage resync(AuditDecoder& decoder, std::string_view text) {
  std::size_t start = 0;
  for (int i = 0; i < kStartsMax; ++i) {
    start = text.find(kEventStart, start + 1);
    if (start == std::string_view::npos) break;
    if (!holds_only_events(decoder, text.substr(start))) continue;
    return {.front = text.substr(0, start), .whole = text.substr(start)};
  }
  return {.front = text, .whole = {}};
}

}  // namespace nodeportd
