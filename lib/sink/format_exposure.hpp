#pragma once

#include <vector>

#include "base/json_text.hpp"
#include "model/exposure.hpp"

namespace nodeportd {

// The member `exposure` of an alert: a list of facts.
void write_exposures(JsonWriter& json, const std::vector<Exposure>& exposures);

}  // namespace nodeportd
