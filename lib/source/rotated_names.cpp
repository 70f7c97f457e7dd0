#include "source/rotated_names.hpp"

#include <map>
#include <utility>

#include "base/time_text.hpp"

namespace nodeportd {
namespace {

constexpr std::string_view kPacked = ".gz";
constexpr std::size_t kStampSize = std::string_view("2006-01-02T15-04-05.000").size();

// lumberjack writes UTC and, since `:` is no character for a file name everywhere, `-` in its
// place.
std::optional<WallTime> parse_stamp(std::string_view stamp) {
  std::string text(stamp);
  if (text[13] != '-' || text[16] != '-' || text[19] != '.') return std::nullopt;
  text[13] = ':';
  text[16] = ':';
  return parse_time(text + 'Z');
}

}  // namespace

std::optional<RotatedName> parse_rotated_name(std::string_view name) {
  RotatedName parsed;
  if (name.ends_with(kPacked)) {
    parsed.packed = true;
    name.remove_suffix(kPacked.size());
  }
  // The extension is what follows the last dot; a stamp has a dot too, so a base without one ends
  // in the stamp itself.
  for (const std::size_t end : {name.rfind('.'), name.size()}) {
    if (end == std::string_view::npos || end < kStampSize + 1) continue;
    const std::size_t begin = end - kStampSize;
    if (name[begin - 1] != '-') continue;
    const std::optional<WallTime> time = parse_stamp(name.substr(begin, kStampSize));
    if (!time) continue;
    parsed.base = std::string(name.substr(0, begin - 1)).append(name.substr(end));
    if (parsed.base.empty()) continue;
    parsed.plain = name;
    parsed.time = *time;
    return parsed;
  }
  return std::nullopt;
}

std::vector<RotatedFile> rotated_from(const std::string& folder, std::string_view base,
                                      const std::vector<std::string>& names) {
  std::map<std::pair<WallTime, std::string>, RotatedFile> files;
  for (const std::string& name : names) {
    const std::optional<RotatedName> parsed = parse_rotated_name(name);
    if (!parsed || parsed->base != base) continue;
    RotatedFile& file = files[{parsed->time, parsed->plain}];
    file.path = folder + '/' + parsed->plain;
    file.time = parsed->time;
    (parsed->packed ? file.is_packed : file.is_plain) = true;
  }
  std::vector<RotatedFile> sorted;
  sorted.reserve(files.size());
  for (auto& [key, file] : files) sorted.push_back(std::move(file));
  return sorted;
}

}  // namespace nodeportd
