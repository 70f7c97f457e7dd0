#pragma once

#include <vector>

#include "model/exposure.hpp"
#include "sink/format_json.hpp"

namespace nodeportd {

// The member `exposure` of an alert: a list of facts.
void write_exposures(Writer& json, const std::vector<Exposure>& exposures);

}  // namespace nodeportd
