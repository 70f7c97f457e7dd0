#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "unit/source/acts.hpp"

namespace nodeportd::test {

// Makes a failing sequence small: it drops parts, then single acts, then lowers what is left, as
// long as it fails. In the end no act can be done without. Debian has RapidCheck, which shrinks
// too. It was not taken: it replays by a random state that only the same version of it and of the
// generator understands, while a sequence of ours is a line of text, to be pasted into a test of
// its own years later; and what it would save is this class.
class Shrinking {
 public:
  using Fails = std::function<bool(const Sequence&)>;

  explicit Shrinking(Fails fails) : fails_(std::move(fails)) {}

  [[nodiscard]] Sequence shortest(Sequence failing) {
    for (bool is_smaller = true; is_smaller && runs_ < kRunsMax;) {
      is_smaller = false;
      for (std::size_t part = std::max<std::size_t>(failing.size() / 2, 1); part > 0; part /= 2) {
        is_smaller |= drop(failing, part);
      }
      is_smaller |= lower(failing);
    }
    return failing;
  }
  // How often a sequence was tried.
  [[nodiscard]] std::size_t runs() const { return runs_; }

 private:
  static constexpr std::size_t kRunsMax = 5'000;

  bool try_instead(Sequence& failing, Sequence smaller) {
    if (runs_ == kRunsMax) return false;
    ++runs_;
    if (!fails_(smaller)) return false;
    failing = std::move(smaller);
    return true;
  }

  bool drop(Sequence& failing, std::size_t part) {
    bool is_smaller = false;
    for (std::size_t at = 0; at < failing.size();) {
      Sequence rest = failing;
      const auto first = rest.begin() + static_cast<std::ptrdiff_t>(at);
      const std::size_t size = std::min(part, rest.size() - at);
      rest.erase(first, first + static_cast<std::ptrdiff_t>(size));
      if (try_instead(failing, std::move(rest))) {
        is_smaller = true;
      } else {
        at += part;
      }
    }
    return is_smaller;
  }

  bool lower(Sequence& failing) {
    bool is_smaller = false;
    for (std::size_t at = 0; at < failing.size(); ++at) {
      for (std::uint32_t Act::* number : {&Act::count, &Act::pick}) {
        for (std::uint32_t value = 0; value < failing[at].*number; ++value) {
          Sequence lower = failing;
          lower[at].*number = value;
          if (try_instead(failing, std::move(lower))) is_smaller = true;
        }
      }
    }
    return is_smaller;
  }

  Fails fails_;
  std::size_t runs_ = 0;
};

}  // namespace nodeportd::test
