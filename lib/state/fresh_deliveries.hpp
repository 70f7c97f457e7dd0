#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/delivery.hpp"

namespace nodeportd {

// What was committed a moment ago for sinks whose outbox was empty before: all that waits for them,
// so that nobody reads back and decodes what was written just now. Only ever a copy of what the
// outbox holds; where the two might differ it forgets, and the outbox is read. Bounded. Guarded by
// the store's lock, as the outbox is.
class FreshDeliveries {
 public:
  // Nothing waits for `sink`: from here on add() is told of all that comes.
  void begin(const std::string& sink) { sinks_.try_emplace(sink); }
  // Was committed for `sink` after all that waits; `bytes` is the size of the row.
  void add(const std::string& sink, std::int64_t sequence, const Alert& alert, std::size_t bytes);
  // Something else happens to the sink's outbox.
  void forget(const std::string& sink) { sinks_.erase(sink); }
  void forget_all() { sinks_.clear(); }

  // All that waits for the sink, and forgets it; nullopt when that is not known, more than so much,
  // or nothing.
  [[nodiscard]] std::optional<std::vector<Delivery>> take(const std::string& sink,
                                                          std::size_t rows_max,
                                                          std::size_t bytes_max);

 private:
  struct Waiting {
    std::vector<Delivery> deliveries;
    std::size_t bytes = 0;
  };
  std::map<std::string, Waiting> sinks_;
};

}  // namespace nodeportd
