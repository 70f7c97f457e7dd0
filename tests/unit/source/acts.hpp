#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace nodeportd::test {

// What writers, rotators, operators and the machine do to a log, and what its follower does
// meanwhile. Each can be done at any time: where there is nothing to do it to, it does nothing. So
// any part of a sequence is a sequence.
enum class Deed : std::uint8_t {
  write,           // `count` lines, of a size that `pick` says
  half,            // half a line; the next deed of the writer ends it
  rotate,          // `count` times, with `pick` lines at most in each new file
  late,            // `count` lines into a rotated file, by a writer that has not let go of it
  pack,            // a rotated file to gzip
  remove_rotated,  // as --audit-log-maxbackup does
  remove_log,      // and nothing in its place until somebody writes
  truncate,        // to nothing, then `count` lines
  copy_truncate,   // `count` lines come between the copying and the truncating
  reuse_inode,     // remove a file, and begin a log with its inode
  swap_link,       // the log becomes a symbolic link to a new file, with `count` lines
  swap_back,       // the link leads to an older file again, with `count` lines more
  deny,            // chmod 000
  permit,          // all that was denied
  overflow,        // of the kernel's event queue
  read,            // to the end
  read_some,       // as far as the batches go
  look,            // the reconcile interval goes by
  wait,            // a minute goes by: what was left is let go of
  kill,            // and the last `count` batches were not committed
  stop,            // everything was
  start,
};

constexpr std::array<std::string_view, 22> kDeedNames = {
    "write",      "half",     "rotate",        "late",        "pack",      "remove_rotated",
    "remove_log", "truncate", "copy_truncate", "reuse_inode", "swap_link", "swap_back",
    "deny",       "permit",   "overflow",      "read",        "read_some", "look",
    "wait",       "kill",     "stop",          "start"};

struct Act {
  Deed deed = Deed::read;
  std::uint32_t count = 0;
  std::uint32_t pick = 0;
  bool operator==(const Act&) const = default;
};

using Sequence = std::vector<Act>;

// `write 3 1; rotate 1 0; kill 2 0`
inline std::string to_text(const Sequence& sequence) {
  std::string text;
  for (const Act& act : sequence) {
    if (!text.empty()) text += "; ";
    text += kDeedNames[static_cast<std::size_t>(act.deed)];
    text += ' ' + std::to_string(act.count) + ' ' + std::to_string(act.pick);
  }
  return text;
}

// What to_text() gave; nullopt for anything else.
inline std::optional<Sequence> to_sequence(const std::string& text) {
  Sequence sequence;
  std::istringstream acts(text);
  for (std::string one; std::getline(acts, one, ';');) {
    std::istringstream words(one);
    std::string name;
    Act act;
    if (!(words >> name >> act.count >> act.pick)) return std::nullopt;
    const auto* const found = std::find(kDeedNames.begin(), kDeedNames.end(), name);
    if (found == kDeedNames.end()) return std::nullopt;
    act.deed = static_cast<Deed>(found - kDeedNames.begin());
    sequence.push_back(act);
  }
  return sequence;
}

// How often each deed is drawn, of the sum. An overflow takes thousands of renames.
inline std::uint32_t weight_of(Deed deed) {
  switch (deed) {
    case Deed::read:
      return 300;
    case Deed::write:
    case Deed::read_some:
      return 150;
    case Deed::rotate:
      return 100;
    case Deed::half:
    case Deed::late:
    case Deed::pack:
    case Deed::kill:
    case Deed::stop:
      return 50;
    case Deed::overflow:
      return 1;
    case Deed::start:
      return 0;
    default:
      return 15;
  }
}

// Whether what was not read before may be lost by it.
inline bool may_lose(Deed deed) {
  return deed == Deed::truncate || deed == Deed::copy_truncate || deed == Deed::remove_log ||
         deed == Deed::remove_rotated || deed == Deed::reuse_inode || deed == Deed::swap_link ||
         deed == Deed::deny;
}

// The same seed gives the same acts.
inline Sequence draw(std::uint32_t seed, std::size_t acts) {
  std::mt19937 random(seed);
  const auto below = [&random](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kDeedNames.size(); ++i) sum += weight_of(static_cast<Deed>(i));
  Sequence sequence;
  bool is_down = false;
  while (sequence.size() < acts) {
    Act act{.deed = Deed::start, .count = below(5), .pick = below(12)};
    if (!is_down || below(3) != 0) {
      std::uint32_t at = below(sum);
      std::size_t deed = 0;
      while (at >= weight_of(static_cast<Deed>(deed))) {
        at -= weight_of(static_cast<Deed>(deed++));
      }
      act.deed = static_cast<Deed>(deed);
    }
    // Mostly all is read before, or too much of what is lost would be nobody's fault.
    if (may_lose(act.deed) && below(3) != 0) {
      if (is_down) sequence.push_back({.deed = Deed::start});
      sequence.push_back({.deed = Deed::read});
      is_down = false;
    }
    if (act.deed == Deed::kill || act.deed == Deed::stop) is_down = true;
    if (act.deed == Deed::start) is_down = false;
    sequence.push_back(act);
  }
  sequence.resize(acts);
  return sequence;
}

}  // namespace nodeportd::test
