#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/alert.hpp"
#include "model/exposure.hpp"

namespace nodeportd::fuzz {

// Values of the model, of what libFuzzer makes up. Text is any bytes, as a stranger may write it.
class Drawn {
 public:
  explicit Drawn(FuzzedDataProvider& input) : input_(input) {}

  std::string text() { return input_.ConsumeRandomLengthString(kTextMax); }
  bool flag() { return input_.ConsumeBool(); }
  template <typename Number>
  Number number() {
    return input_.ConsumeIntegral<Number>();
  }
  // Of the years 1 to 9999, which is what an event's time can be.
  WallTime time() {
    return WallTime(std::chrono::seconds(
               input_.ConsumeIntegralInRange<std::int64_t>(-62'135'596'800, 253'402'300'799))) +
           Micros(input_.ConsumeIntegralInRange(0, 999'999));
  }
  template <typename Make>
  auto list(const Make& make) {
    std::vector<decltype(make())> all;
    for (auto size = input_.ConsumeIntegralInRange(0, kListMax); size > 0; --size) {
      all.push_back(make());
    }
    return all;
  }
  template <typename Make>
  auto perhaps(const Make& make) {
    return flag() ? std::optional(make()) : std::nullopt;
  }
  // One of an enumeration of which `last` is the last.
  template <typename Enum>
  Enum one_to(Enum last) {
    return static_cast<Enum>(input_.ConsumeIntegralInRange(0, static_cast<int>(last)));
  }

  std::vector<std::string> texts() {
    return list([this] { return text(); });
  }
  std::string digits(std::size_t size) {
    std::string digits;
    while (digits.size() < size) digits += "0123456789abcdef"[number<std::uint8_t>() % 16];
    return digits;
  }

  NodePort node_port() {
    const auto any = [this] { return number<std::uint32_t>(); };
    return {perhaps(any), text(), perhaps(any), text(), text()};
  }
  Doors doors() {
    return {list([this] { return node_port(); }), texts(),
            perhaps([this] { return number<std::uint32_t>(); })};
  }
  Exposure exposure() {
    Exposure exposure;
    exposure.audit_id = text();
    exposure.change = one_to(Exposure::Change::closed);
    exposure.outcome = one_to(Exposure::Outcome::unknown);
    exposure.type = perhaps([this] { return text(); });
    exposure.doors = doors();
    exposure.via = list([this] { return one_to(Exposure::Via::health_check); });
    exposure.inspectable = one_to(Exposure::Inspectable::none);
    exposure.ns = text();
    exposure.name = text();
    exposure.actor = text();
    exposure.origin_ip = text();
    exposure.before = one_to(Exposure::Before::open);
    exposure.opened = doors();
    exposure.audit_id_reused = flag();
    exposure.unlisted = number<std::uint32_t>();
    return exposure;
  }

  Alert alert() {
    Alert alert;
    alert.id = digits(32);
    alert.epoch = digits(16);
    alert.revision = number<std::uint32_t>();
    alert.phase = one_to(Phase::final);
    alert.rule_id = text();
    alert.rule_name = text();
    alert.level = one_to(Level::critical);
    alert.tags = texts();
    alert.cluster = text();
    alert.node = text();
    alert.window_start = time();
    alert.window_end = time();
    alert.first_time = time();
    alert.last_time = time();
    alert.count = number<std::uint64_t>();
    alert.group = list([this] { return std::pair(text(), perhaps([this] { return text(); })); });
    alert.values = list([this] { return std::pair(text(), texts()); });
    alert.user = perhaps([this] { return text(); });
    alert.src_ip = perhaps([this] { return text(); });
    alert.message = text();
    alert.has_risk = flag();
    alert.score = number<int>();
    alert.risk_objects = list([this] { return RiskObject{text(), text(), text(), number<int>()}; });
    alert.exposures = list([this] { return exposure(); });
    alert.events =
        list([this] { return EventRef{text(), time(), text(), text(), number<std::uint64_t>()}; });
    alert.facts = list([this] { return std::pair(text(), text()); });
    alert.closed_early = flag();
    alert.undurable = flag();
    alert.test = flag();
    return alert;
  }

 private:
  static constexpr std::size_t kTextMax = 2'000;
  static constexpr int kListMax = 40;

  FuzzedDataProvider& input_;
};

}  // namespace nodeportd::fuzz
