#pragma once

#include <string>
#include <vector>

namespace nodeportd {

// Words that a record must hold, all of them: four or more ASCII letters each, lower-case, found
// whatever the case.
using Words = std::vector<std::string>;

// Of which a record must hold one, or a rule cannot match it. Empty: it may match anything.
using Literals = std::vector<Words>;

}  // namespace nodeportd
