#include "aggregate/alert_id.hpp"

#include "base/digest.hpp"

namespace nodeportd {

std::string alert_id(const Origin& origin, const Rule& rule, WallTime window_start,
                     const Group& group) {
  DigestBuilder digest;
  digest.field(origin.cluster).field(origin.node).field(rule.id);
  digest.field(std::to_string(window_start.time_since_epoch().count()));
  for (std::size_t i = 0; i < group.size(); ++i) {
    digest.field(rule.aggregate.group_by[i].name);
    if (group[i]) {
      digest.field(*group[i]);
    } else {
      digest.null_field();
    }
  }
  return to_hex(digest.finish());
}

}  // namespace nodeportd
