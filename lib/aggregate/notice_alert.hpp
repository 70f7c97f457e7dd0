#pragma once

#include "aggregate/alert_id.hpp"
#include "model/alert.hpp"
#include "model/notice.hpp"

namespace nodeportd {

// The alert that tells a notice: revision 1 of an identity of its own, made of `now` and the
// notice's facts. A notice whose rule is not built in is a bug and ends the process.
[[nodiscard]] Alert notice_alert(const Origin& origin, const Notice& notice, WallTime now);

// Beat number `number` of a sink: revisions of ONE alert, so that a sink that is away piles up
// one beat and not thousands.
[[nodiscard]] Alert heartbeat_alert(const Origin& origin, const std::string& sink,
                                    std::uint32_t number, const Notice& notice, WallTime now);

}  // namespace nodeportd
