#pragma once

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

// `file:line:column: text`, the form that editors jump to.
[[nodiscard]] std::string to_text(const Problem& problem);

}  // namespace nodeportd
