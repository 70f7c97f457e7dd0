#pragma once

#include <cstdio>

#include "base/result.hpp"
#include "daemon/cli.hpp"
#include "state/store.hpp"

namespace nodeportd {

// What is open now, as far as the state knows: a row for each door, or a JSON object a line for
// each Service that has one. What there is to say of how far that knowledge reaches goes to
// `notes`.
[[nodiscard]] Result<void> print_exposed(Store& store, const ExposedCommand& command, std::FILE* to,
                                         std::FILE* notes);

}  // namespace nodeportd
