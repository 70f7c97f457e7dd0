#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/alert.hpp"
#include "model/exposure.hpp"
#include "model/position.hpp"
#include "model/window.hpp"

namespace nodeportd {

// An alert revision and the names of the sinks that are to get it.
struct Outgoing {
  Alert alert;
  std::vector<std::string> sinks;
};

// Everything that must become durable together: in ONE transaction, or not at all.
struct Changes {
  std::vector<FileMark> positions;
  std::vector<Window> windows;
  std::vector<Outgoing> outgoing;
  std::vector<std::pair<std::string, WallTime>> watermarks;         // per stream
  std::vector<std::pair<std::string, std::uint64_t>> suppressions;  // per exception, to be added

  std::vector<ServiceChange> services;  // in order: a later one of a Service replaces an earlier
  std::vector<AuditIdUse> audit_ids;

  [[nodiscard]] bool empty() const {
    return positions.empty() && windows.empty() && outgoing.empty() && watermarks.empty() &&
           suppressions.empty() && services.empty() && audit_ids.empty();
  }
  void clear() {
    positions.clear();
    windows.clear();
    outgoing.clear();
    watermarks.clear();
    suppressions.clear();
    services.clear();
    audit_ids.clear();
  }
};

}  // namespace nodeportd
