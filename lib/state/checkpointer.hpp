#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "state/sqlite.hpp"

namespace nodeportd {

// Moves what was committed from the write-ahead log into the state file, on a thread and a
// connection of its own: the two fsyncs that this takes would hold up every hundredth alert by
// milliseconds. Sleeps until it is asked. What fails is tried again when it is asked again.
class Checkpointer {
 public:
  // Pages in the log from which on it is asked, about 16 MiB of them.
  static constexpr int kPages = 4'000;

  // Watches the commits of `writer`, which outlives it; `path` is the file of it.
  [[nodiscard]] static Result<std::unique_ptr<Checkpointer>> start(Database& writer,
                                                                   const std::string& path);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

 private:
  Checkpointer(Database& writer, Database database);
  // Whether whoever commits should do it, since this thread does not keep up.
  [[nodiscard]] bool is_overdue(int pages);
  void run(const std::stop_token& stop);
  void move_pages();

  Database& writer_;
  Database database_;
  std::mutex mutex_;
  std::condition_variable_any asked_changed_;
  bool is_asked_ = false;  // under the mutex
  std::jthread thread_;
};

}  // namespace nodeportd
