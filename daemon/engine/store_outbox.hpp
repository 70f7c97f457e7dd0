#pragma once

#include "sink/outbox.hpp"
#include "state/store.hpp"

namespace nodeportd {

// The state as couriers see it.
class StoreOutbox final : public Outbox {
 public:
  StoreOutbox(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  Result<std::vector<Delivery>> pending(const std::string& sink, std::int64_t after,
                                        std::size_t rows, std::size_t bytes) override {
    return store_.pending(sink, rows, bytes, after);
  }
  Result<void> settle(const std::string& sink, std::span<const Settlement> settlements,
                      const std::string& mark) override {
    return store_.settle(sink, settlements, mark, clock_.wall());
  }
  Result<std::vector<bool>> adopt(const std::string& sink, std::span<const Alert> alerts) override {
    return store_.adopt(sink, alerts);
  }
  Result<std::string> mark(const std::string& sink) override { return store_.sink_mark(sink); }

 private:
  Store& store_;
  const Clock& clock_;
};

}  // namespace nodeportd
