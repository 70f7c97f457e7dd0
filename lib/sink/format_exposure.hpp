#pragma once

#include <string>
#include <vector>

#include "model/exposure.hpp"
#include "sink/format_json.hpp"

namespace nodeportd {

// The member `exposure` of an alert: a list of facts.
void write_exposures(Writer& json, const std::vector<Exposure>& exposures);

// The same in words, for a line of text: `applied web/shop NodePort 31000/TCP, succeeded`.
[[nodiscard]] std::string to_words(const Exposure& exposure);

}  // namespace nodeportd
