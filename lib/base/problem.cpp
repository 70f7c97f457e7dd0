#include "base/problem.hpp"

namespace nodeportd {

std::string to_text(const Problem& problem) {
  std::string text = problem.place.file;
  if (problem.place.line > 0) {
    text += ':' + std::to_string(problem.place.line) + ':' + std::to_string(problem.place.column);
  }
  return text + ": " + problem.text;
}

}  // namespace nodeportd
