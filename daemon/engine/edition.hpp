#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decode/scan.hpp"
#include "match/rule_set.hpp"

namespace nodeportd {

// Rules and exceptions as they stood at one time, ready for use. A reload makes the next one. Each
// batch names the edition by which it is examined: a change falls between two batches, in the
// order of the log, and what an older edition found is read by that edition. Immutable.
struct Edition {
  explicit Edition(std::shared_ptr<const RuleSet> compiled);

  std::shared_ptr<const RuleSet> rules;
  Scan scan;
  std::vector<std::string> exceptions;  // what Match::exception counts through
};

}  // namespace nodeportd
