#pragma once

#include <cstdint>
#include <string>

#include "model/alert.hpp"

namespace nodeportd {

// One entry of a sink's outbox: the latest revision of an alert that the sink has not had yet.
struct Delivery {
  std::int64_t sequence = 0;  // the sink's order
  Alert alert;
};

// What became of one delivery.
struct Settlement {
  enum class End : std::uint8_t {
    delivered,
    dead,     // the receiver will never take it: kept as a dead letter, can be resent
    expired,  // gave way at state.max_size: kept in the history, can be resent
  };
  std::string alert_id;
  std::uint32_t revision = 0;
  End end = End::delivered;
  std::string why;  // of a dead letter
};

}  // namespace nodeportd
