#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace nodeportd::test {

// The name of the Service of tuple `number`, by which it is known wherever it arrives.
[[nodiscard]] std::string probe_name(std::size_t number);

// When each tuple was first seen at one place. One thread until finished.
class Arrivals {
 public:
  explicit Arrivals(std::size_t tuples) : seen_(tuples) {}

  // Takes the next piece of a stream, read at `now`; a name may be cut between two of them.
  void take(std::string_view piece, MonoTime now);
  [[nodiscard]] bool complete() const { return count_ == seen_.size(); }
  [[nodiscard]] const std::vector<std::optional<MonoTime>>& seen() const { return seen_; }

 private:
  std::vector<std::optional<MonoTime>> seen_;
  std::size_t count_ = 0;
  std::string rest_;  // the end of the last piece
};

}  // namespace nodeportd::test
