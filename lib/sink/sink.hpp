#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/alert.hpp"

namespace nodeportd {

// What one attempt to deliver one alert came to.
struct Outcome {
  enum class Kind : std::uint8_t {
    delivered,
    retry,    // try again: the receiver is away, slow or full
    refused,  // will never be taken: a dead letter
  };
  Kind kind = Kind::delivered;
  std::string why;                                       // for retry and refused
  std::optional<std::chrono::milliseconds> retry_after;  // when the receiver named a time
};

// Where alerts go. Owned and called by the one thread of its Courier, but for stop(). Never
// throws, never logs.
class Sink {
 public:
  virtual ~Sink() = default;

  // Called before each deliver(): opens what is closed or was replaced. When mark() has changed by
  // it, the new mark is kept before deliver() is called. An error is a reason to try again later.
  [[nodiscard]] virtual Result<void> prepare() { return {}; }

  // Tries to deliver all, in order; one outcome per alert. May return early with `retry` for the
  // rest once one has failed. Blocks for at most the sink's timeout.
  [[nodiscard]] virtual std::vector<Outcome> deliver(std::span<const Alert> alerts) = 0;

  // What the state is to keep of this sink, in the same transaction that settles a delivery:
  // opaque to everybody else. Empty when the sink needs nothing kept.
  [[nodiscard]] virtual std::string mark() const { return {}; }

  // Whether recover() would find all that is delivered from now on with `mark`, an older one, too.
  [[nodiscard]] virtual bool is_found_from(const std::string& mark) const {
    return mark == this->mark();
  }

  // Called once, before the first delivery, with the mark kept last (empty: none). Returns the
  // idempotency keys that were delivered after that mark was kept, as far as the sink can tell.
  [[nodiscard]] virtual Result<std::vector<std::string>> recover(const std::string& /*mark*/) {
    return std::vector<std::string>{};
  }

  // Called at the end of every turn of the courier, also while alerts wait: does what is due by
  // now, and returns when it wants to be called again (nullopt: not before the next delivery).
  [[nodiscard]] virtual std::optional<MonoTime> tend(MonoTime /*now*/) { return std::nullopt; }

  // What is wrong although alerts are delivered, for the status: one line, empty when all is well.
  [[nodiscard]] virtual std::string trouble() const { return {}; }

  // The name under which the receiver's side changed (log rotation): open it anew. The courier's
  // thread.
  [[nodiscard]] virtual Result<void> reopen() { return {}; }

  // Any thread: a delivery in progress returns soon, later ones at once.
  virtual void stop() {}
};

}  // namespace nodeportd
