#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sink/courier.hpp"
#include "support/fake_outbox.hpp"
#include "support/manual_clock.hpp"
#include "support/scripted_sink.hpp"

namespace nodeportd::test {

using Keys = std::vector<std::string>;
using Batches = std::vector<Keys>;

// A courier with all that it touches under the test's control.
struct Scene {
  explicit Scene(CourierOptions options = {}) {
    auto owned = std::make_unique<ScriptedSink>();
    sink = owned.get();
    courier = std::make_unique<Courier>("siem", std::move(owned), outbox, options, clock,
                                        [this](Notice notice) { notices.push_back(notice); });
  }
  std::optional<MonoTime> step() { return courier->step(clock.mono()); }
  // Steps as long as something is due at once.
  std::optional<MonoTime> settle_down() {
    std::optional<MonoTime> next = step();
    while (next && *next <= clock.mono()) next = step();
    return next;
  }
  void advance_to(MonoTime time) {
    clock.advance(std::chrono::ceil<std::chrono::milliseconds>(time - clock.mono()));
  }
  void run_stopped() {
    std::stop_source stop;
    stop.request_stop();
    courier->run(stop.get_token());
  }

  ManualClock clock{WallTime(Micros(1'000'000))};
  FakeOutbox outbox;
  ScriptedSink* sink = nullptr;
  std::vector<Notice> notices;
  std::unique_ptr<Courier> courier;
};

inline CourierOptions rows(std::size_t count) {
  CourierOptions options;
  options.batch_rows = count;
  return options;
}

}  // namespace nodeportd::test
