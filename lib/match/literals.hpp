#pragma once

#include <string>
#include <vector>

#include "match/detection.hpp"

namespace nodeportd {

// Texts of which an event must hold one, or the detection cannot match it: runs of four or more
// ASCII letters, lower-case, out of the values that it asks for. Empty: it may match anything.
// Chosen to be rare in audit logs.
[[nodiscard]] std::vector<std::string> required_literals(const Detection& detection);

}  // namespace nodeportd
