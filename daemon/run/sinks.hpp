#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "sink/sink.hpp"

namespace nodeportd {

// The sink that a config describes; `clock` outlives it. What cannot be made is an error of kind
// config that names the sink.
[[nodiscard]] Result<std::unique_ptr<Sink>> make_sink(const Config& config, const SinkConfig& sink,
                                                      const Clock& clock);

// What one call of it may take.
[[nodiscard]] std::chrono::milliseconds attempt_max(const SinkConfig& sink);

}  // namespace nodeportd
