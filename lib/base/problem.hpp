#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nodeportd {

// Where in a file an operator wrote something: 1-based; 0 means the file as a whole.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

// One thing that is wrong with what an operator wrote. Loaders collect all of them.
struct Problem {
  Place place;
  std::string text;
};
using Problems = std::vector<Problem>;

// As many as anybody reads of one load: a file of 1 MiB may hold hundreds of thousands.
constexpr std::size_t kProblemsMax = 100;

// Keeps the first kProblemsMax of those behind the first `before`, and says how many more there
// were.
void keep_first(Problems& problems, std::size_t before = 0);

// `file:line:column: text`, the form that editors jump to.
[[nodiscard]] std::string to_text(const Problem& problem);

}  // namespace nodeportd
