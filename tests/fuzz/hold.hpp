#pragma once

#include <cstdio>
#include <cstdlib>

namespace nodeportd::fuzz {

// What a target states of every input. Where it is not so the process ends, and libFuzzer keeps
// the input.
inline void hold(bool holds, const char* what) {
  if (holds) return;
  (void)std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace nodeportd::fuzz
