#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace nodeportd {

// Rows under a header, in columns as wide as their widest cell (at most 60 characters, the last
// one 400), for a person. Cells are made printable: most of what we show was written by a stranger.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  void print(std::FILE* to) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace nodeportd
