#include "source/line_framer.hpp"

#include <algorithm>
#include <cstring>

namespace nodeportd {
namespace {

void add_record(std::span<char> line, std::uint64_t offset, std::uint64_t max_line,
                std::vector<Record>& records, Framing& framing) {
  const bool oversize = line.size() > max_line;
  if (!line.empty() && line.back() == '\r') line = line.first(line.size() - 1);
  if (line.empty()) return;
  framing.oversize += oversize ? 1 : 0;
  records.push_back({.text = {line.data(), line.size()}, .offset = offset, .oversize = oversize});
}

std::size_t skip_nuls(std::span<char> bytes, std::size_t at, Framing& framing) {
  const auto end = std::find_if(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(),
                                [](char byte) { return byte != '\0'; });
  const auto next = static_cast<std::size_t>(end - bytes.begin());
  framing.nul_bytes += next - at;
  return next;
}

}  // namespace

Framing frame_lines(std::span<char> bytes, std::uint64_t offset, std::uint64_t max_line,
                    std::vector<Record>& records) {
  Framing framing;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (bytes[at] == '\0') {
      at = skip_nuls(bytes, at, framing);
      continue;
    }
    const void* newline = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
    if (newline == nullptr) break;
    const auto end = static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data());
    add_record(bytes.subspan(at, end - at), offset + at, max_line, records, framing);
    at = end + 1;
  }
  framing.consumed = at;
  return framing;
}

Framing frame_last_line(std::span<char> bytes, std::uint64_t offset, std::uint64_t max_line,
                        std::vector<Record>& records) {
  Framing framing;
  const std::size_t at = skip_nuls(bytes, 0, framing);
  add_record(bytes.subspan(at), offset + at, max_line, records, framing);
  framing.consumed = bytes.size();
  return framing;
}

void cut_oversize(std::span<char> bytes, std::vector<Record>& records) {
  for (Record& record : records) {
    const std::size_t size = record.text.size();
    if (!record.oversize || size <= 2 * kLongLineEnd) continue;
    char* begin = bytes.data() + (record.text.data() - bytes.data());
    std::memmove(begin + kLongLineEnd, begin + size - kLongLineEnd, kLongLineEnd);
    record.text = record.text.substr(0, 2 * kLongLineEnd);
  }
}

bool LongLine::take(std::string_view bytes) {
  const std::size_t newline = bytes.find('\n');
  const bool is_whole = newline != std::string_view::npos;
  if (is_whole) bytes = bytes.substr(0, newline);
  position_ += bytes.size() + (is_whole ? 1 : 0);
  const std::size_t head = std::min(bytes.size(), kLongLineEnd - first_.size());
  first_.append(bytes.substr(0, head));
  bytes.remove_prefix(head);
  if (bytes.size() >= kLongLineEnd) {
    last_ = bytes.substr(bytes.size() - kLongLineEnd);
  } else {
    last_.append(bytes);
    if (last_.size() > kLongLineEnd) last_.erase(0, last_.size() - kLongLineEnd);
  }
  return is_whole;
}

}  // namespace nodeportd
