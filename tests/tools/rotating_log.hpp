#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace nodeportd::test {

// Writes and rotates a log file in the steps and the order of lumberjack, which kube-apiserver
// uses: close, rename, create; compressing and deleting the rotated files is a thread's work.
class RotatingLog {
 public:
  struct Options {
    std::string path;        // of the live file
    bool compress = false;   // rotated files become `.gz`
    std::uint32_t keep = 0;  // rotated files that stay; 0: all
  };
  explicit RotatingLog(Options options);
  RotatingLog(const RotatingLog&) = delete;
  RotatingLog& operator=(const RotatingLog&) = delete;
  // Returns when the thread has dealt with the last rotation.
  ~RotatingLog();

  // Continues a file that is there, as the apiserver does when it starts.
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> write(std::string_view bytes);
  // The rotated file gets the name of `now`, or of a later millisecond if that name was given.
  [[nodiscard]] Result<void> rotate(WallTime now);

 private:
  void mill();
  void mill_once() const;
  [[nodiscard]] std::string backup_path(WallTime now);

  Options options_;
  std::string prefix_;     // `audit-`
  std::string extension_;  // `.log`
  Fd file_;
  WallTime last_rotation_{};
  std::mutex mutex_;  // over the two after `changed_`
  std::condition_variable changed_;
  std::uint64_t rotations_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace nodeportd::test
