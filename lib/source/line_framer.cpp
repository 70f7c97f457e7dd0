#include "source/line_framer.hpp"

#include <algorithm>
#include <cstring>

namespace nodeportd {
namespace {

std::size_t skip_nuls(std::span<char> bytes, std::size_t at, Framing& framing) {
  const auto end = std::find_if(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(),
                                [](char byte) { return byte != '\0'; });
  const auto next = static_cast<std::size_t>(end - bytes.begin());
  framing.nul_bytes += next - at;
  return next;
}

}  // namespace

Framing frame_lines(std::span<char> bytes, std::uint64_t offset, const FramingLimits& limits,
                    std::vector<Record>& records) {
  const std::string_view text(bytes.data(), bytes.size());
  Framing framing;
  std::size_t& at = framing.consumed;
  while (at < text.size() && records.size() < limits.max_records) {
    if (text[at] == '\0') {
      at = skip_nuls(bytes, at, framing);
      continue;
    }
    const FoundRecord found = find_record(text.substr(at), limits.max_line, limits.last_line);
    if (!found.is_whole) {
      framing.open = found.open;
      break;
    }
    std::string_view line = text.substr(at, found.size);
    // Not of a long line: how its last bytes are kept must not depend on how it was read.
    if (!found.oversize && line.ends_with('\r')) line.remove_suffix(1);
    framing.skipped += found.skipped + (found.is_skipped ? 1 : 0);
    if (!line.empty() && !found.is_skipped) {
      records.push_back({.text = line, .offset = offset + at, .oversize = found.oversize});
      framing.oversize += found.oversize ? 1 : 0;
      framing.wrapped += found.is_wrapped ? 1 : 0;
    }
    at += found.next;
  }
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

std::optional<LineEnd> LongLine::take(std::string_view bytes, LastLine last_line) {
  std::optional<LineEnd> end = find_line_end(bytes, form_);
  if (!end && last_line == LastLine::is_record) end = {bytes.size(), bytes.size()};
  const std::size_t size = end ? end->size : size_before_border(bytes, form_);
  gather(bytes.substr(0, size));
  position_ += end ? end->next : size;
  return end;
}

void LongLine::gather(std::string_view bytes) {
  const std::size_t head = std::min(bytes.size(), kLongLineEnd - first_.size());
  first_.append(bytes.substr(0, head));
  bytes.remove_prefix(head);
  if (bytes.size() >= kLongLineEnd) {
    last_ = bytes.substr(bytes.size() - kLongLineEnd);
  } else {
    last_.append(bytes);
    if (last_.size() > kLongLineEnd) last_.erase(0, last_.size() - kLongLineEnd);
  }
}

}  // namespace nodeportd
