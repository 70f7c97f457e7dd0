#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace nodeportd {

// The files that a state is made of, as they were when it was opened. Whoever removes one of them
// takes the name from a file that SQLite goes on writing, and the next start would find nothing of
// it. One thread.
class OpenFiles {
 public:
  OpenFiles() = default;
  // Of the state at `path`, while it is open.
  explicit OpenFiles(const std::string& path);

  // False when a file that was there is there no more, or another one is. One stat(2) a file.
  [[nodiscard]] bool are_in_place() const;
  // Whether another file stands where the state stood.
  [[nodiscard]] bool is_state_replaced() const;

 private:
  using Id = std::pair<unsigned long long, unsigned long long>;  // device and inode
  struct File {
    std::string path;
    std::optional<Id> id;
  };
  std::array<File, 4> files_;
};

}  // namespace nodeportd
