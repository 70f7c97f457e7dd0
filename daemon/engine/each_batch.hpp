#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "model/batch.hpp"

namespace nodeportd {

// A line that is longer is no record that is looked into; replay and explain know no config.
constexpr std::uint64_t kReplayMaxLine = 16ULL << 20U;

// Reads a complete file as read_files() does, and calls `visit` for each batch on this thread.
[[nodiscard]] Result<void> for_each_batch(const std::string& path,
                                          const std::function<void(Batch&)>& visit);

}  // namespace nodeportd
