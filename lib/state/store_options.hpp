#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace nodeportd {

struct StoreOptions {
  enum class Durability : std::uint8_t {
    process_crash,  // a killed process loses nothing; power loss may lose the last seconds
    power_loss,     // nor does power loss: every commit waits for the disk
  };
  std::string directory;
  Durability durability = Durability::process_crash;
  // Bytes of alerts that wait for sinks (by the caller, see Store::expire); the history of those
  // that do not may take as much again.
  std::uint64_t max_size = std::uint64_t{1} << 30U;
  std::chrono::milliseconds history = std::chrono::days(30);
  // Bytes of open windows, which are never pruned (about, by the caller).
  std::uint64_t open_windows = std::uint64_t{64} << 20U;
  // Services that are remembered; nor do their records take more than a quarter of max_size.
  std::uint64_t max_services = 100'000;
  // A state that a newer version wrote is set aside, as a damaged one is, instead of refused.
  bool discards_newer = false;
};

}  // namespace nodeportd
