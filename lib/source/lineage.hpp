#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/position.hpp"
#include "source/file_reader.hpp"
#include "source/log_file.hpp"
#include "source/rotated_names.hpp"

namespace nodeportd {

// A file that may be the one that is looked for, and cannot be read.
struct Unreadable {
  std::string path;
  Error error;
};

// The files that a followed path had before: those that lumberjack rotated, which of them are
// settled (read, or not to be read), and where a file that was left has gone. If the path is a
// symbolic link, what it leads to is a log with a lineage too. One thread.
class Lineage {
 public:
  explicit Lineage(std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Looks at the folders anew. `seen`: when the path last led to the file that is read.
  void refresh(WallTime seen);
  // As of the last refresh: all rotated files, the oldest first; those that are not settled.
  [[nodiscard]] const std::vector<RotatedFile>& rotated() const { return rotated_; }
  [[nodiscard]] std::vector<RotatedFile> unsettled() const;
  // As of now: whether either form of it is there.
  [[nodiscard]] static bool is_there(const RotatedFile& file);

  void settle(const RotatedFile& file) { settled_.insert(file.path); }
  void settle_all();
  // All that were rotated at `time` or before.
  void settle_until(WallTime time);
  [[nodiscard]] bool is_settled(const RotatedFile& file) const {
    return settled_.contains(file.path);
  }

  // Whether it is the path, or where that leads as a link.
  [[nodiscard]] bool is_log(const std::string& path) const;
  // The rotated file that is `path`, in one of its forms.
  [[nodiscard]] std::optional<RotatedFile> rotated_at(const std::string& path) const;
  // The rotated file that the file of this identity became.
  [[nodiscard]] std::optional<RotatedFile> rotated_of(FileId id) const;
  // Whether any name in the folders leads to the file of this identity.
  [[nodiscard]] bool names(FileId id) const;
  // The rotated file among the unsettled that holds what `mark` had read.
  [[nodiscard]] std::optional<RotatedFile> unsettled_copy(const FileMark& mark) const;

  // The marked file, wherever it is now: by identity under any name in the folders, then by what
  // it holds (packed, restored or copied away). Positioned at the mark. nullopt: it is not there.
  // An error: it may be, but the file of its identity, or what a rotation made of it, cannot be
  // read.
  [[nodiscard]] Result<std::optional<FileReader>, Unreadable> find(const FileMark& mark) const;
  // The same by content alone, and never the file of the mark's own identity.
  [[nodiscard]] std::optional<FileReader> find_copy(const FileMark& mark) const;

  // The folders in which names matter; where one is not there, the nearest above it that is.
  [[nodiscard]] std::vector<std::string> folders();
  // Whether a change of this name in one of them, as folders() gave them last, can matter.
  [[nodiscard]] bool concerns(std::string_view name) const;

 private:
  // A folder and a name in it: of the path itself and, if that is a link, of where it leads.
  struct Base {
    std::string folder;
    std::string name;
    bool operator==(const Base&) const = default;
  };
  [[nodiscard]] static Base base_of(const std::string& path);
  [[nodiscard]] std::vector<std::string> all_paths() const;
  [[nodiscard]] std::vector<std::string> copy_candidates() const;
  [[nodiscard]] std::optional<RotatedFile> place_of(const FileMark& mark) const;

  std::string path_;
  std::vector<Base> bases_;
  std::vector<RotatedFile> rotated_;
  std::set<std::string> settled_;  // paths of plain forms
  bool refreshed_ = false;
  bool waits_for_folder_ = false;  // any name above it can be the next part of its path
};

}  // namespace nodeportd
