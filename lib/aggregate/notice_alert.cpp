#include "aggregate/notice_alert.hpp"

#include <cstdlib>

#include "base/digest.hpp"

namespace nodeportd {
namespace {

Alert begin_alert(const Origin& origin, const Notice& notice, WallTime now) {
  const Rule* rule = builtin::find(notice.rule);
  if (rule == nullptr) std::abort();
  Alert alert;
  alert.epoch = origin.epoch;
  alert.revision = 1;
  alert.rule_id = rule->id;
  alert.rule_name = rule->name;
  alert.level = rule->level;
  alert.tags = rule->tags;
  alert.cluster = origin.cluster;
  alert.node = origin.node;
  alert.window_start = alert.window_end = alert.first_time = alert.last_time = now;
  alert.count = 1;
  alert.message = notice.text;
  alert.facts = notice.facts;
  return alert;
}

}  // namespace

Alert notice_alert(const Origin& origin, const Notice& notice, WallTime now) {
  Alert alert = begin_alert(origin, notice, now);
  DigestBuilder digest;
  digest.field(origin.cluster).field(origin.node).field(alert.rule_id);
  digest.field(std::to_string(now.time_since_epoch().count())).field(notice.text);
  for (const auto& [name, value] : notice.facts) digest.field(name).field(value);
  alert.id = to_hex(digest.finish());
  return alert;
}

Alert heartbeat_alert(const Origin& origin, const std::string& sink, std::uint32_t number,
                      const Notice& notice, WallTime now) {
  Alert alert = begin_alert(origin, notice, now);
  DigestBuilder digest;
  digest.field(origin.cluster).field(origin.node).field(alert.rule_id).field(sink);
  alert.id = to_hex(digest.finish());
  alert.revision = number;
  alert.phase = number == 1 ? Phase::first : Phase::update;
  return alert;
}

}  // namespace nodeportd
