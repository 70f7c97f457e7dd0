#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace nodeportd {

// How far a replay has come: a line on stderr that is drawn over, on a terminal only.
class Progress {
 public:
  Progress(const std::vector<std::string>& files, const Clock& clock);

  // `bytes` of the files were read; draws at most ten times a second.
  void show(std::uint64_t bytes);
  void clear();
  // The last line on stderr, terminal or not.
  void summarize(std::uint64_t records, std::uint64_t bytes, std::uint64_t rows,
                 std::uint64_t uninspectable) const;

 private:
  const Clock& clock_;
  MonoTime started_;
  MonoTime next_draw_;
  std::uint64_t total_ = 0;  // 0: not known
  bool is_terminal_ = false;
  bool drawn_ = false;
};

}  // namespace nodeportd
