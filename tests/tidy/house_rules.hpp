#pragma once

#include <string>
#include <vector>

namespace nodeportd::test {

// A file of the repository, its path relative to the repository's root.
struct SourceFile {
  std::string path;
  std::string text;
};

// What the file does against the rules of the house (CONTRIBUTING.md), each as `path:line: what`.
[[nodiscard]] std::vector<std::string> complaints_about(const SourceFile& file);

}  // namespace nodeportd::test
