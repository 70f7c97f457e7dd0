#pragma once

#include "config/config.hpp"
#include "daemon/engine/outlets.hpp"
#include "daemon/engine/pipeline.hpp"
#include "daemon/report/lookout.hpp"
#include "daemon/report/metrics.hpp"
#include "source/source.hpp"
#include "state/store.hpp"

namespace nodeportd {

// What the state said of itself last: while its disk stands it says nothing, and whoever asks the
// daemon how it is must not wait for that disk.
class LastSurvey {
 public:
  explicit LastSurvey(Store& store) : store_(store) {}

  [[nodiscard]] const std::string& epoch() const { return store_.epoch(); }
  const StateSurvey& renew(const std::vector<std::string>& sinks);
  [[nodiscard]] const StateSurvey& get() const { return survey_; }

 private:
  Store& store_;
  StateSurvey survey_;
};

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
  LastSurvey& state;
  const Outlets& outlets;
  const Lookout& lookout;
  const Clock& clock;
  WallTime started;
  WallTime rules_loaded;
  const Refused& refused;
};

[[nodiscard]] StatusReport take_status(const Surveyed& parts);

// What the state says is as take_status() has found it.
[[nodiscard]] MetricsReport survey(StatusReport status, const Surveyed& parts);

}  // namespace nodeportd
