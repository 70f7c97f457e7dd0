#pragma once

#include <cstdint>
#include <vector>

#include "model/alert.hpp"

namespace nodeportd {

// One tuple of one rule in one event-time window: its figures, and what was said of them so far.
struct Window {
  Alert alert;  // the figures; revision and phase are those of the last revision sent
  std::vector<std::uint64_t> seen;    // hashes of the novel values, sorted, bounded
  std::uint64_t delivered_count = 0;  // alert.count when that revision was sent
  bool closed = false;                // its final revision is out
};

}  // namespace nodeportd
