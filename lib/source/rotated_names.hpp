#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace nodeportd {

// A name that lumberjack gives to a file it rotates away: `STEM-2006-01-02T15-04-05.000EXT`, with
// `.gz` behind it once it is compressed.
struct RotatedName {
  std::string base;   // the name it had while it was written: `audit.log`
  std::string plain;  // without `.gz`
  WallTime time{};    // of the rotation: every line in it is older
  bool packed = false;
};

// nullopt for any other name. `name` has no folder in front.
[[nodiscard]] std::optional<RotatedName> parse_rotated_name(std::string_view name);

// A rotated file, whatever forms of it are there. While lumberjack compresses a file both are, and
// the packed one is not complete: the plain one is the one to read.
struct RotatedFile {
  std::string path;  // of the plain form
  WallTime time{};
  bool is_plain = false;
  bool is_packed = false;

  [[nodiscard]] std::string packed_path() const { return path + ".gz"; }
};

// Among `names` of a folder, those that were rotated from `base`: the oldest first, each once.
[[nodiscard]] std::vector<RotatedFile> rotated_from(const std::string& folder,
                                                    std::string_view base,
                                                    const std::vector<std::string>& names);

}  // namespace nodeportd
