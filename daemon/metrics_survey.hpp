#pragma once

#include "config/config.hpp"
#include "daemon/lookout.hpp"
#include "daemon/metrics.hpp"
#include "daemon/pipeline.hpp"
#include "source/source.hpp"
#include "state/store.hpp"

namespace nodeportd {

// The parts of the running daemon that count.
struct Surveyed {
  const Config& config;
  const RuleSet& rules;
  Pipeline& pipeline;
  const Source& source;
  Store& store;
  const Lookout& lookout;
  const Clock& clock;
};

[[nodiscard]] MetricsReport survey(StatusReport status, const Surveyed& parts);

}  // namespace nodeportd
