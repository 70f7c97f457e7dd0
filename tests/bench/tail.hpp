#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"

namespace nodeportd::test {

// Reads what is appended to a file, woken by inotify: the least that anybody can do who follows
// one. One thread.
class Tail {
 public:
  // Begins at the file's end; it is made if it is not there. `is_open` says whether that worked.
  explicit Tail(const std::string& path);

  [[nodiscard]] bool is_open() const { return file_.is_open() && inotify_.is_open(); }
  // What was appended since the last call, waiting for it as long as `timeout`; empty: nothing, or
  // not yet. Valid until the next call.
  [[nodiscard]] std::string_view next(std::chrono::milliseconds timeout);

 private:
  [[nodiscard]] std::string_view read_more();

  Fd file_;
  Fd inotify_;
  std::vector<char> buffer_;
  bool has_more_ = false;
};

}  // namespace nodeportd::test
