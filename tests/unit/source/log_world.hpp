#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "unit/source/acts.hpp"
#include "unit/source/followed.hpp"
#include "unit/source/log_truth.hpp"

namespace nodeportd::test {

// A folder in which a sequence is done to a log, with a source that follows it.
class LogWorld {
 public:
  // Lets a batch's lines be lost before they are seen here: a fault for the test of this test.
  using Swallows = std::function<bool(const Handed&)>;

  explicit LogWorld(Swallows swallows = {});

  void act(const Act& act);
  // Ends what is half done, has everything read, and says what is wrong.
  [[nodiscard]] std::vector<std::string> verdict();
  [[nodiscard]] const Truth& truth() const { return truth_; }

 private:
  // The writer.
  void write(std::uint32_t lines, std::uint32_t size);
  void begin_half(std::uint32_t size);
  void finish_half();
  void write_late(const Act& act);
  void begin_log(const std::string& path);
  // The rotator.
  void rotate(const Act& act);
  void rotate_once();
  void pack(const Act& act);
  void remove_rotated(const Act& act);
  void remove_log();
  void truncate(const Act& act);
  void copy_truncate(const Act& act);
  void reuse_inode(const Act& act);
  // The operator.
  void abandon_target();
  void swap_link(const Act& act);
  void swap_back(const Act& act);
  void deny(const Act& act);
  void permit();
  void overflow();
  // The follower.
  void read();
  void read_some();
  void pass_time(std::chrono::seconds time);
  void kill(std::uint32_t batches);
  void stop();
  void start();
  void drain();
  void hear();

  [[nodiscard]] Grasp grasp() const;
  [[nodiscard]] bool is_unwatched() const;
  [[nodiscard]] bool is_there(const std::string& path) const { return truth_.files.contains(path); }
  // A rotated file in one of its forms; empty if there is none.
  [[nodiscard]] std::string rotated(std::uint32_t pick, bool plain_only) const;

  Swallows swallows_;
  Scene scene_;
  Truth truth_;
  std::string home_;                  // where the log's own file stands: a link may lead there
  std::vector<std::string> rotated_;  // plain names, the oldest first
  std::vector<std::string> targets_;  // that a link led to before
  std::string half_;                  // that is still to be written
  std::string half_line_;
  unsigned names_ = 0;
  bool is_deaf_ = false;
  std::size_t heard_ = 0;  // batches of the history
  bool rests_ = true;
};

// Whether this process has the file open: what the source holds nobody can take away.
[[nodiscard]] bool has_open(std::uint64_t inode);
// Whether it is a name that lumberjack gives to this log.
[[nodiscard]] bool is_rotated_from(const std::string& path, const std::string& log);

// What is wrong after the sequence was done in a new world.
[[nodiscard]] std::vector<std::string> wrong_after(const Sequence& sequence,
                                                   const LogWorld::Swallows& swallows = {});

}  // namespace nodeportd::test
