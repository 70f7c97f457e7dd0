#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

// A file, as those know it who write and move it.
struct TrueFile {
  std::set<std::string> names;     // ever
  std::set<std::uint64_t> inodes;  // ever
  std::set<std::uint64_t> packed_inodes;
  std::vector<std::size_t> lines;  // numbers of those that it holds
  std::uint64_t size = 0;          // unpacked
  unsigned generation = 0;         // how often it was emptied
  unsigned told = 0;               // up to which
  bool was_removed = false;
  bool was_emptied = false;
  bool was_left = false;  // by a link
  bool was_denied = false;
  bool is_denied = false;  // now
};

// What must become of a line that has not come yet.
enum class Fate {
  comes,   // its loss is our fault
  told,    // it may be lost, but a notice must name its file and reach its place
  untold,  // it may be lost, and nobody can know of it
};

struct TrueLine {
  std::string text;
  std::vector<std::shared_ptr<TrueFile>> files;  // that hold or held it: the first is its own
  unsigned generation = 0;                       // of its own file
  std::uint64_t offset = 0;
  Fate fate = Fate::comes;
  unsigned came = 0;
};

// What the follower holds on to at some moment.
struct Grasp {
  bool is_up = false;
  bool is_deaf = false;                         // the kernel's events were lost since it looked
  std::function<bool(std::uint64_t)> has_open;  // an inode
  std::vector<FileMark> marks;                  // with those that are not committed, while it is up
};

// Knows every line, where it stands, and whether it can be lost:
//
// - What stands under the log's name, or under a name that the log was rotated to and that is not
//   read yet, comes. So does what stood in a file that is open, whatever became of its name.
// - Removed unread and not open: the follower heard of a rotated file's name, so it tells. Of a log
//   that was removed before it was opened, of a rotated file that came and went while the follower
//   was down or the kernel's queue ran over, nothing is known.
// - Emptied unread: told, if a byte of it was read before. What its copy holds comes; what was
//   written between the copying and the emptying is lost, and told.
// - Gone when the follower starts: told of the file that was read last; of older ones, all of whose
//   lines came but what a late writer added, nothing is.
// - In a file that a link leads to no more: comes, if it was opened before.
// - In a rotated file that may not be read when its turn comes: told. The log itself is waited for.
//
// A notice of which no line was lost is allowed for a file that was removed, emptied or denied
// (then lines MAY have been lost, as far as the follower can know), and for no other.
class Truth {
 public:
  std::map<std::string, std::shared_ptr<TrueFile>> files;  // by path, now
  std::vector<TrueLine> lines;

  // The next line, of so many more characters.
  [[nodiscard]] std::string next_line(std::size_t more) const;
  void create(const std::string& path);
  // `text` was appended to the file, and is a line of it.
  void wrote(const std::string& path, const std::string& text);
  void renamed(const std::string& from, const std::string& to);
  void packed(const std::string& path);
  void copied(const std::string& from, const std::string& to);
  // Before it happens.
  void removes(const std::string& path, bool is_rotated, const Grasp& grasp);
  void empties(const std::string& path, const std::string& copy, const Grasp& grasp);
  // The log is not to be found under `path` any more, though it is there.
  void abandons(const std::string& path, const Grasp& grasp);
  // A look comes: what may not be read then is passed over.
  void denied(const std::string& path, const Grasp& grasp);
  // Where a follower that starts finds what it has no place in yet, and what it has one in.
  struct Findable {
    std::string log;
    std::set<std::string> rotated;
    std::set<std::string> copies;
  };
  void starts(const std::vector<FileMark>& marks, const Findable& findable);

  void came(const Handed& handed);
  void came_not(const Handed& handed);  // after all
  void begins_anew() { last_.clear(); }

  // All that is wrong, once everything was read.
  [[nodiscard]] std::vector<std::string> verdict() const;
  [[nodiscard]] std::size_t lost() const;

 private:
  struct Gap {
    std::string rule;
    std::string file;
    std::uint64_t offset = 0;
    std::size_t lines = 0;  // that were written when it was told
  };
  [[nodiscard]] std::uint64_t offset_in(const std::vector<FileMark>& marks,
                                        const TrueFile& file) const;
  [[nodiscard]] bool is_known(const TrueFile& file, const Grasp& grasp) const;
  [[nodiscard]] static bool is_open(const TrueFile& file, const Grasp& grasp);
  // Whether a line of it came, or of one of its generations.
  [[nodiscard]] bool was_read(const TrueFile& file, std::optional<unsigned> generation) const;
  [[nodiscard]] bool stands_elsewhere(std::size_t line, const TrueFile& but) const;
  [[nodiscard]] bool has_copy(const TrueFile& file) const;
  [[nodiscard]] bool is_covered(const TrueLine& line) const;
  [[nodiscard]] bool is_warranted(const Gap& gap) const;
  void told(const Notice& notice);
  void lose(TrueLine& line, Fate fate);

  std::vector<std::shared_ptr<TrueFile>> ever_;
  std::vector<Gap> gaps_;
  std::vector<std::string> wrong_;
  std::map<std::pair<const TrueFile*, unsigned>, std::uint64_t> last_;  // offset that came
};

}  // namespace nodeportd::test
