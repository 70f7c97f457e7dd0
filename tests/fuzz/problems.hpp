#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/problem.hpp"
#include "fuzz/hold.hpp"

namespace nodeportd::fuzz {

// A problem stands at a place of the text, and says something on one line.
inline void check_places(const Problems& problems, std::string_view text, const std::string& file) {
  // Of a line that is there, or of the end of the text, which is behind the last.
  const auto lines =
      std::count(text.begin(), text.end(), '\n') + 1 + std::count(text.begin(), text.end(), '\r');
  for (const Problem& problem : problems) {
    hold(problem.place.file == file, "a problem names the file");
    hold(problem.place.line >= 0 && problem.place.line <= lines + 1, "a problem is in the file");
    hold(problem.place.column >= 0, "a column is counted from 1");
    hold(!problem.text.empty(), "a problem says what is wrong");
  }
}

inline std::string all_of(const Problems& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += to_text(problem) + '\n';
  return lines;
}

}  // namespace nodeportd::fuzz
