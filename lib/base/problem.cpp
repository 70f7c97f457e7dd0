#include "base/problem.hpp"

#include "base/text.hpp"

namespace nodeportd {

void keep_first(Problems& problems, std::size_t before) {
  if (problems.size() <= before + kProblemsMax) return;
  const std::size_t more = problems.size() - before - kProblemsMax;
  problems.resize(before + kProblemsMax);
  problems.push_back({{problems.back().place.file}, "and " + counted(more, "problem") + " more"});
}

std::string to_text(const Problem& problem) {
  std::string text = problem.place.file;
  if (problem.place.line > 0) {
    text += ':' + std::to_string(problem.place.line) + ':' + std::to_string(problem.place.column);
  }
  return text + ": " + problem.text;
}

}  // namespace nodeportd
