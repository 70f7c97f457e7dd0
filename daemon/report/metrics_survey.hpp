#pragma once

#include "config/config.hpp"
#include "daemon/engine/outlets.hpp"
#include "daemon/engine/pipeline.hpp"
#include "daemon/report/lookout.hpp"
#include "daemon/report/metrics.hpp"
#include "source/source.hpp"
#include "state/store.hpp"

namespace nodeportd {

// The parts of the running daemon that count.
struct Surveyed {
  // The last reload, if it was.
  struct Refused {
    std::optional<WallTime> time;
    std::string problem;  // the first
  };
  const Config& config;
  const RuleSet& rules;
  Pipeline& pipeline;
  const Source& source;
  Store& store;
  const Outlets& outlets;
  const Lookout& lookout;
  const Clock& clock;
  WallTime started;
  WallTime rules_loaded;
  const Refused& refused;
};

[[nodiscard]] StatusReport take_status(const Surveyed& parts);

[[nodiscard]] MetricsReport survey(StatusReport status, const Surveyed& parts);

}  // namespace nodeportd
