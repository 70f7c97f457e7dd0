#pragma once

#include <cstddef>

#include "model/alert.hpp"
#include "model/window.hpp"

namespace nodeportd {

// What an open window takes of memory, its place in the aggregator included: an estimate from the
// lengths of its texts and lists, so that it is the same wherever the same log is read.
[[nodiscard]] std::size_t bytes_of(const Window& window);
// The same of an alert by itself.
[[nodiscard]] std::size_t bytes_of(const Alert& alert);

}  // namespace nodeportd
