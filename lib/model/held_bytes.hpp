#pragma once

#include <cstddef>

#include "model/alert.hpp"
#include "model/exposure.hpp"
#include "model/match.hpp"
#include "model/window.hpp"

namespace nodeportd {

// What each takes of memory: an estimate from the lengths of its texts and lists, so that it is the
// same wherever the same log is read. A window's place in the indexes by its identity counts too.
[[nodiscard]] std::size_t held_bytes(const Match& match);
[[nodiscard]] std::size_t held_bytes(const ServiceWrite& write);
[[nodiscard]] std::size_t held_bytes(const Alert& alert);
[[nodiscard]] std::size_t held_bytes(const Window& window);

}  // namespace nodeportd
