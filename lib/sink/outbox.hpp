#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/delivery.hpp"

namespace nodeportd {

// What a courier sees of the state: the deliveries that wait for one sink. Called on the courier's
// thread; several couriers call at a time.
class Outbox {
 public:
  virtual ~Outbox() = default;

  // The oldest deliveries of `sink` behind sequence `after`, in order: at most `rows` of them and
  // about `bytes` of text, but one at least if any waits.
  [[nodiscard]] virtual Result<std::vector<Delivery>> pending(const std::string& sink,
                                                              std::int64_t after, std::size_t rows,
                                                              std::size_t bytes) = 0;

  // Takes the settled revisions out (a newer one that has come meanwhile stays; one that is not
  // there is passed over) and keeps the sink's mark, in one transaction.
  [[nodiscard]] virtual Result<void> settle(const std::string& sink,
                                            std::span<const Settlement> settlements,
                                            const std::string& mark) = 0;

  // Puts alerts in that went out undurable before, as far as the state has come to know them; for
  // each whether it does.
  [[nodiscard]] virtual Result<std::vector<bool>> adopt(const std::string& sink,
                                                        std::span<const Alert> alerts) = 0;

  // The mark kept last; empty when there is none.
  [[nodiscard]] virtual Result<std::string> mark(const std::string& sink) = 0;
};

}  // namespace nodeportd
