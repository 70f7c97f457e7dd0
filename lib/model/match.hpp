#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace nodeportd {

// Where an event stands, and what it calls itself.
struct EventRef {
  std::string audit_id;
  WallTime time{};
  std::string stage;
  std::string source;        // the followed path
  std::uint64_t offset = 0;  // of the record's first line in its file
};

// The values of a rule's group_by fields, in their order; nullopt is JSON's null or no field.
using Group = std::vector<std::optional<std::string>>;

// What one rule found in one event. Owns its text: it outlives the batch in a window.
struct Match {
  static constexpr std::uint32_t kNoException = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t rule = 0;                  // index into the rule catalog
  std::uint32_t exception = kNoException;  // the exception that suppresses it, if one does
  std::vector<Group> groups;               // distinct, sorted: the product of multivalue fields
  std::vector<std::vector<std::string>> values;  // per field of the rule's `values`
  std::optional<std::uint32_t> write;            // index into Batch::writes, of a service write
  std::vector<std::uint64_t> novelty;  // hashes of the values of `alert_on_new`, with their paths
  EventRef event;
};

}  // namespace nodeportd
