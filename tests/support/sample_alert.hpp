#pragma once

#include <string>

#include "base/time_text.hpp"
#include "model/alert.hpp"

namespace nodeportd::test {

// An alert as the shipped rule gives it. `number` tells several apart.
inline Alert sample_alert(int number = 1) {
  Alert alert;
  alert.id = "0123456789abcdef0123456789ab" + std::to_string(1000 + number);
  alert.epoch = "9f86d081884c7d65";
  alert.revision = 2;
  alert.phase = Phase::update;
  alert.rule_id = "d7fc865e-b8a1-4029-a960-cf4403b821b6";
  alert.rule_name = "Kubernetes Node Port Creation";
  alert.level = Level::medium;
  alert.cluster = "prod";
  alert.node = "cp-1";
  alert.window_start = *parse_time("2026-11-24T08:00:00Z");
  alert.window_end = *parse_time("2026-11-24T09:00:00Z");
  alert.first_time = *parse_time("2026-11-24T08:59:27.277194Z");
  alert.last_time = *parse_time("2026-11-24T08:59:28Z");
  alert.count = 3;
  alert.group = {
      {"user", "alice"}, {"objectRef.name", "web"}, {"responseStatus.code", std::nullopt}};
  alert.user = "alice";
  alert.src_ip = "10.0.0.5";
  alert.message = "Kubernetes node port creation from user alice";
  alert.has_risk = true;
  alert.score = 49;
  alert.events = {{"5e6c", alert.first_time, "ResponseComplete", "/var/log/audit.log", 4096}};
  return alert;
}

}  // namespace nodeportd::test
