#pragma once

#include <poll.h>

#include <chrono>

namespace nodeportd::test {

// True as soon as `holds()` is, false after `limit`. For what another thread or process does;
// never a way to give something time. The limit is generous: it decides how long a red test takes.
template <typename Predicate>
bool eventually(Predicate holds, std::chrono::seconds limit = std::chrono::seconds(60)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    (void)::poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace nodeportd::test
