#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "model/changes.hpp"

namespace nodeportd {

// What waits for the next commit. A commit that fails leaves it as it is, and what follows is
// merged into it: one mark per file, one figure per window. One thread.
class Backlog {
 public:
  void add(const FileMark& mark);
  void add(Changes changes);
  void add(Outgoing outgoing);

  [[nodiscard]] bool has_alerts() const { return !changes_.outgoing.empty(); }
  [[nodiscard]] bool has_figures() const {
    return !changes_.windows.empty() || !changes_.suppressions.empty();
  }
  [[nodiscard]] bool empty() const { return marks_.empty() && changes_.empty(); }
  // A window that a failed commit has left here, or nullptr.
  [[nodiscard]] const Window* find_window(const std::string& alert_id) const;

  // Everything, ready to commit. Valid until the next call of a member.
  [[nodiscard]] const Changes& changes();
  void clear();

  // The state cannot be written: gives the alerts away, to be sent all the same. They stay for the
  // history, addressed to nobody, as they were sent.
  [[nodiscard]] std::vector<Outgoing> take_undurable();
  // Windows that were given up because the state could not be written for too long.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  using FileKey = std::tuple<std::string, std::uint64_t, std::uint64_t>;

  std::map<FileKey, FileMark> marks_;
  Changes changes_;
  std::size_t untold_ = 0;  // alerts of changes_.outgoing before this index were given away
  std::unordered_map<std::string, std::size_t> window_at_;  // filled once a commit has failed
  std::size_t dropped_ = 0;
};

}  // namespace nodeportd
